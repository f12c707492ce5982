//! Names of sections in German, French and Spanish, by what they are called in English.

const NAMES: [(&str, &[&str]); 39] = [
    (
        "acceptance criteria",
        &[
            "akzeptanzkriterien",
            "abnahmekriterien",
            "critères d'acceptation",
            "critères d'acceptance",
            "criterios de aceptación",
            "criterios de aceptacion",
        ],
    ),
    (
        "requirements",
        &[
            "anforderungen",
            "funktionale anforderungen",
            "exigences",
            "exigences fonctionnelles",
            "requisitos",
            "requisitos funcionales",
            "requerimientos",
        ],
    ),
    ("features", &["funktionen", "fonctionnalités", "funcionalidades"]),
    ("stories", &["benutzergeschichten", "récits utilisateur", "historias de usuario"]),
    (
        "non-goals",
        &[
            "nicht-ziele",
            "nichtziele",
            "nicht ziele",
            "keine ziele",
            "non-objectifs",
            "non objectifs",
            "no objetivos",
            "no-objetivos",
        ],
    ),
    (
        "out of scope",
        &[
            "nicht im umfang",
            "außerhalb des umfangs",
            "nicht enthalten",
            "hors périmètre",
            "hors du périmètre",
            "hors champ",
            "fuera de alcance",
            "fuera del alcance",
        ],
    ),
    ("open questions", &["offene fragen", "questions ouvertes", "preguntas abiertas"]),
    ("steps to reproduce", &["schritte zum nachstellen", "étapes pour reproduire", "pasos para reproducir"]),
    ("background", &["hintergrund", "arrière-plan", "antecedentes", "trasfondo"]),
    ("context", &["kontext", "ausgangslage", "contexte", "contexto"]),
    ("motivation", &["motivación"]),
    ("problem", &["problème", "problema"]),
    ("overview", &["überblick", "übersicht", "vue d'ensemble", "aperçu", "visión general", "vision general"]),
    ("summary", &["zusammenfassung", "kurzfassung", "résumé", "resumen"]),
    ("introduction", &["einleitung", "einführung", "introducción"]),
    ("goals", &["ziele", "zielsetzung", "objectifs", "objetivos"]),
    ("purpose", &["zweck", "propósito"]),
    ("description", &["beschreibung", "descripción"]),
    ("notes", &["anmerkungen", "hinweise", "remarques", "notas"]),
    ("glossary", &["glossar", "begriffe", "glossaire", "glosario"]),
    ("references", &["referenzen", "quellen", "anhang", "références", "annexe", "referencias", "anexo"]),
    ("risks", &["risiken", "risques", "riesgos"]),
    ("assumptions", &["annahmen", "hypothèses", "supuestos"]),
    ("timeline", &["zeitplan", "calendrier", "cronograma"]),
    ("milestones", &["meilensteine", "jalons", "hitos"]),
    ("audience", &["zielgruppe", "public cible", "público objetivo"]),
    ("contents", &["inhaltsverzeichnis", "table des matières", "índice"]),
    ("constraints", &["einschränkungen", "randbedingungen", "contraintes", "restricciones"]),
    ("security", &["sicherheit", "sécurité", "seguridad"]),
    ("privacy", &["datenschutz", "confidentialité", "privacidad"]),
    ("performance", &["leistung", "rendimiento"]),
    ("installation", &["instalación", "instalacion"]),
    ("support", &["unterstützung", "assistance", "soporte"]),
    (
        "troubleshooting",
        &["fehlerbehebung", "problembehandlung", "dépannage", "solución de problemas", "resolución de problemas"],
    ),
    ("workaround", &["umgehungslösung", "solution de contournement", "contournement", "solución alternativa"]),
    ("code of conduct", &["verhaltenskodex", "code de conduite", "código de conducta"]),
    ("contributing", &["mitwirken", "mitmachen", "beitragen", "contribuer", "contribuir"]),
    ("license", &["lizenz", "licence", "licencia"]),
    ("changelog", &["änderungsprotokoll", "journal des modifications", "registro de cambios", "historial de cambios"]),
];

/// A heading in small letters with its first words in English, where they name a section in another language.
pub(super) fn in_english(heading: String) -> String {
    let is_end = |rest: &str| !rest.starts_with(char::is_alphanumeric);
    let behind = |name: &str| heading.strip_prefix(name).filter(|rest| is_end(rest));
    let found = NAMES.iter().find_map(|(english, names)| names.iter().find_map(|name| Some((english, behind(name)?))));
    found.map(|(english, rest)| format!("{english}{rest}")).unwrap_or(heading)
}
