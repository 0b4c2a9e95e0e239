//! Words that mean the same in a memory about a person.

/// The canonical stem of a group of synonyms, if the stem is in one.
pub(crate) fn canonical(stem: &str) -> Option<&'static str> {
    Some(match stem {
        "like" | "love" | "enjoy" | "favor" | "favour" | "want" | "prefer" => "prefer",
        "quier" | "gust" | "prefier" | "encant" => "prefer",
        "mocht" | "mag" | "bevorzugt" | "bevorzug" => "prefer",
        "buy" | "bought" | "purchas" => "buy",
        "children" | "child" | "kid" => "child",
        "telephon" | "phone" => "phone",
        "deliv" | "deliveri" | "ship" | "shipment" => "ship",
        "parcel" | "packag" => "parcel",
        "automobil" | "car" => "car",
        "bike" | "bicycl" => "bicycl",
        "couch" | "sofa" => "sofa",
        "flat" | "apart" => "flat",
        "physician" | "doctor" => "doctor",
        "medicin" | "medic" => "medic",
        "assist" | "help" => "help",
        "quiet" | "silent" => "quiet",
        "delay" | "late" => "late",
        "big" | "larg" => "big",
        "begin" | "start" => "begin",
        "quick" | "quickli" | "fast" => "fast",
        "film" | "movi" => "film",
        "satisfi" | "happi" => "happi",
        "coch" | "automovil" => "coch",
        "allergi" | "allerg" => "allerg",
        _ => return None,
    })
}
