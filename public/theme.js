const d=document.documentElement.dataset;d.script='';try{const t=localStorage.getItem('loki-theme');if(t==='dark'||t==='light')d.theme=t}catch{}
