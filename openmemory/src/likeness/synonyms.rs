//! Words that say the same in a memory about a person.

/// The stem that stands for a group of stems with one meaning.
pub(super) fn canonical(stem: &str) -> Option<&'static str> {
    Some(match stem {
        "like" | "love" | "enjoy" | "favor" | "favour" | "want" | "prefer" => "prefer",
        "quier" | "gust" | "prefier" | "encant" => "prefer",
        "mocht" | "mag" | "bevorzugt" | "bevorzug" => "prefer",
        "buy" | "bought" | "purchas" => "buy",
        "children" | "child" | "kid" => "child",
        "telephon" | "phone" => "phone",
        "deliv" | "deliveri" | "ship" | "shipment" => "ship",
        "allergi" | "allerg" => "allerg",
        _ => return None,
    })
}
