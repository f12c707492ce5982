//! Which agents there are, which model they use, and the built-in demonstration.

use domain::ports::agent::{AgentEvent, AgentOutcome};
use protocol::agents::ProviderId;

use crate::{
    acp::{OPENING, SESSION, bare_scene, scene},
    support::Scene,
};

#[tokio::test]
async fn a_model_is_chosen_where_there_is_a_choice() {
    let choice = r#"
send(id=opened["id"], result={"sessionId": "s", "configOptions": [{"id": "m", "category": "model", "name": "Model", "type": "select", "currentValue": "a", "options": [{"value": "a", "name": "A"}]}]})
chosen = receive()
assert chosen["method"] == "session/set_config_option"
send(id=chosen["id"], result={"configOptions": []})
prompt = receive()
say(chosen["params"]["configId"] + "=" + chosen["params"]["value"])
end()
"#;
    let mut chosen = bare_scene(&format!("{OPENING}{choice}"));
    chosen.call.model = Some("b".to_owned());
    assert_eq!(chosen.call(ProviderId::Acp).await.1.said, "m=b");

    let mut without = scene("say('x')\nend()");
    without.call.model = Some("b".to_owned());
    let (events, result) = without.call(ProviderId::Acp).await;
    assert_eq!(result.outcome, AgentOutcome::Finished);
    assert_eq!(events[0], AgentEvent::Error("this agent has no choice of models; b is not used".into()));
}

#[tokio::test]
async fn an_agent_is_detected_and_its_version_is_known_after_a_call() {
    let scene = scene("say('x')\nend()");
    let agent = scene.providers().get(ProviderId::Acp);
    let before = agent.detect().await;
    assert!(before.available && before.version.is_none() && !before.demo);

    let (sender, _receiver) = tokio::sync::mpsc::channel(100);
    agent.call(scene.call.clone(), sender, scene.cancel.clone()).await;
    assert_eq!(agent.detect().await.version.as_deref(), Some("scripted 1.2"));
}

#[tokio::test]
async fn an_agent_that_is_not_there_says_what_to_do() {
    let mut scene = Scene::new();
    let info = scene.providers().get(ProviderId::Acp).detect().await;
    assert!(!info.available && info.problem.unwrap().contains("LOKI_AGENT_ACP"));

    scene.config.acp = Some(vec!["no-such-agent".to_owned()]);
    let (_, result) = scene.call(ProviderId::Acp).await;
    let detail = "no-such-agent was not found; LOKI_AGENT_ACP names it.".to_owned();
    assert_eq!(result.outcome, AgentOutcome::Crashed { exit: "not started".into(), detail });
}

#[tokio::test]
async fn the_demonstration_is_our_own_executable_and_says_so() {
    let mut scene = Scene::new();
    let script = format!("{OPENING}{SESSION}assert sys.argv[1:] == ['demo-agent', '--quick']\nsay('shown')\nend()");
    scene.config.demo = (scene.script("loki", &script), vec!["--quick".to_owned()]);
    let info = scene.providers().get(ProviderId::Demo).detect().await;
    assert!(info.available && info.demo && info.version.is_some());
    let (_, result) = scene.call(ProviderId::Demo).await;
    assert_eq!((result.outcome, result.said.as_str()), (AgentOutcome::Finished, "shown"));
}
