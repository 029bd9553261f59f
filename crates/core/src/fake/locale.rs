//! Words of countries: names from the lists of the `fake` crate, places and forms from tables of our own.

use fake::locales::{DE_DE, Data, EN, FR_FR, IT_IT, NL_NL, PT_BR};

/// One country's words.
pub(super) struct Locale {
    /// As Faker writes it.
    pub code: &'static str,
    pub first: &'static [&'static str],
    pub last: &'static [&'static str],
    /// City, region, beginning of the postcode (the rest in `#`), area code.
    pub places: &'static [(&'static str, &'static str, &'static str, &'static str)],
    /// A street and number: `{n}` a number, `{s}` a surname, `{p}` one of `streets`.
    pub street: &'static str,
    pub streets: &'static [&'static str],
    /// A telephone number: `{a}` the area code, `#` a digit.
    pub phone: &'static str,
    /// A national identity number: `#` a digit, `?` a letter; check digits are put in afterwards.
    pub person: &'static str,
    pub country: &'static str,
    /// Two letters, as in bank account numbers.
    pub short: &'static str,
    pub plate: &'static str,
    /// Address on one line: `{street}`, `{post}`, `{city}`, `{region}`.
    pub address: &'static str,
}

const SPANISH_FIRST: [&str; 40] = [
    "María", "Carmen", "Lucía", "Ana", "Isabel", "Dolores", "Pilar", "Teresa", "Rosa", "Elena", "Laura", "Marta",
    "Cristina", "Paula", "Raquel", "Silvia", "Nuria", "Beatriz", "Alba", "Irene", "Antonio", "José", "Manuel",
    "Francisco", "David", "Juan", "Javier", "Daniel", "Carlos", "Miguel", "Rafael", "Pedro", "Pablo", "Álvaro",
    "Sergio", "Jorge", "Luis", "Diego", "Adrián", "Rubén",
];
const SPANISH_LAST: [&str; 40] = [
    "García", "Rodríguez", "González", "Fernández", "López", "Martínez", "Sánchez", "Pérez", "Gómez", "Martín",
    "Jiménez", "Hernández", "Ruiz", "Díaz", "Moreno", "Muñoz", "Álvarez", "Romero", "Gutiérrez", "Alonso", "Navarro",
    "Torres", "Domínguez", "Ramos", "Vázquez", "Ramírez", "Gil", "Serrano", "Molina", "Blanco", "Morales", "Suárez",
    "Ortega", "Delgado", "Castro", "Ortiz", "Rubio", "Marín", "Sanz", "Iglesias",
];

/// The countries; the first is taken where nothing says which.
pub(super) const LOCALES: [Locale; 8] = [
    Locale {
        code: "en_US",
        first: <EN as Data>::NAME_FIRST_NAME,
        last: <EN as Data>::NAME_LAST_NAME,
        places: &[
            ("New York", "New York", "100##", "212"), ("Los Angeles", "California", "900##", "213"),
            ("Chicago", "Illinois", "606##", "312"), ("Houston", "Texas", "770##", "713"),
            ("Phoenix", "Arizona", "850##", "602"), ("Philadelphia", "Pennsylvania", "191##", "215"),
            ("San Antonio", "Texas", "782##", "210"), ("San Diego", "California", "921##", "619"),
            ("Dallas", "Texas", "752##", "214"), ("Columbus", "Ohio", "432##", "614"),
            ("Charlotte", "North Carolina", "282##", "704"), ("Indianapolis", "Indiana", "462##", "317"),
            ("Seattle", "Washington", "981##", "206"), ("Denver", "Colorado", "802##", "303"),
            ("Boston", "Massachusetts", "021##", "617"), ("Nashville", "Tennessee", "372##", "615"),
            ("Detroit", "Michigan", "482##", "313"), ("Portland", "Oregon", "972##", "503"),
            ("Memphis", "Tennessee", "381##", "901"), ("Baltimore", "Maryland", "212##", "410"),
            ("Milwaukee", "Wisconsin", "532##", "414"), ("Albuquerque", "New Mexico", "871##", "505"),
            ("Tucson", "Arizona", "857##", "520"), ("Omaha", "Nebraska", "681##", "402"),
        ],
        street: "{n} {s} {p}",
        streets: &["Street", "Avenue", "Road", "Lane", "Drive", "Court"],
        // 555 numbers and identity numbers from 9 on belong to nobody.
        phone: "({a}) 555-01##",
        person: "9##-##-####",
        country: "United States",
        short: "US",
        plate: "???-####",
        address: "{street}, {city}, {region} {post}",
    },
    Locale {
        code: "it_IT",
        first: <IT_IT as Data>::NAME_FIRST_NAME,
        last: <IT_IT as Data>::NAME_LAST_NAME,
        places: &[
            ("Rome", "Lazio", "001##", "06"), ("Milan", "Lombardia", "201##", "02"),
            ("Turin", "Piemonte", "101##", "011"), ("Bologna", "Emilia-Romagna", "401##", "051"),
            ("Florence", "Toscana", "501##", "055"), ("Naples", "Campania", "801##", "081"),
            ("Genoa", "Liguria", "161##", "010"), ("Verona", "Veneto", "371##", "045"),
            ("Padua", "Veneto", "351##", "049"), ("Trieste", "Friuli-Venezia Giulia", "341##", "040"),
            ("Parma", "Emilia-Romagna", "431##", "0521"), ("Modena", "Emilia-Romagna", "411##", "059"),
            ("Bari", "Puglia", "701##", "080"), ("Palermo", "Sicilia", "901##", "091"),
            ("Catania", "Sicilia", "951##", "095"), ("Venice", "Veneto", "301##", "041"),
            ("Brescia", "Lombardia", "251##", "030"), ("Perugia", "Umbria", "061##", "075"),
            ("Ravenna", "Emilia-Romagna", "481##", "0544"), ("Livorno", "Toscana", "571##", "0586"),
            ("Ferrara", "Emilia-Romagna", "441##", "0532"), ("Pisa", "Toscana", "561##", "050"),
            ("Siena", "Toscana", "531##", "0577"), ("Lucca", "Toscana", "551##", "0583"),
        ],
        street: "{p} {s}, {n}",
        streets: &["Via", "Viale", "Piazza", "Corso", "Largo"],
        phone: "+39 {a} ########",
        person: "??????##?##?###?",
        country: "Italia",
        short: "IT",
        plate: "??###??",
        address: "{street}, {post} {city}",
    },
    Locale {
        code: "en_GB",
        first: <EN as Data>::NAME_FIRST_NAME,
        last: <EN as Data>::NAME_LAST_NAME,
        places: &[
            ("London", "Greater London", "SE1# #??", "020"), ("Manchester", "Greater Manchester", "M1# #??", "0161"),
            ("Birmingham", "West Midlands", "B1# #??", "0121"), ("Leeds", "West Yorkshire", "LS1# #??", "0113"),
            ("Glasgow", "Scotland", "G1# #??", "0141"), ("Edinburgh", "Scotland", "EH1# #??", "0131"),
            ("Bristol", "Bristol", "BS1# #??", "0117"), ("Cardiff", "Wales", "CF1# #??", "029"),
            ("Liverpool", "Merseyside", "L1# #??", "0151"), ("Sheffield", "South Yorkshire", "S1# #??", "0114"),
            ("Nottingham", "Nottinghamshire", "NG1# #??", "0115"), ("Leicester", "Leicestershire", "LE1# #??", "0116"),
        ],
        street: "{n} {s} {p}",
        streets: &["Street", "Road", "Close", "Lane", "Gardens"],
        phone: "{a} 496 0###",
        person: "QQ ## ## ## ?",
        country: "United Kingdom",
        short: "GB",
        plate: "??## ???",
        address: "{street}, {city} {post}",
    },
    Locale {
        code: "de_DE",
        first: <DE_DE as Data>::NAME_FIRST_NAME,
        last: <DE_DE as Data>::NAME_LAST_NAME,
        places: &[
            ("Berlin", "Berlin", "101##", "030"), ("Hamburg", "Hamburg", "200##", "040"),
            ("München", "Bayern", "803##", "089"), ("Köln", "Nordrhein-Westfalen", "506##", "0221"),
            ("Frankfurt am Main", "Hessen", "603##", "069"), ("Stuttgart", "Baden-Württemberg", "701##", "0711"),
            ("Düsseldorf", "Nordrhein-Westfalen", "402##", "0211"), ("Leipzig", "Sachsen", "041##", "0341"),
            ("Dresden", "Sachsen", "010##", "0351"), ("Hannover", "Niedersachsen", "301##", "0511"),
            ("Nürnberg", "Bayern", "904##", "0911"), ("Bremen", "Bremen", "281##", "0421"),
            ("Mainz", "Rheinland-Pfalz", "551##", "06131"), ("Kiel", "Schleswig-Holstein", "241##", "0431"),
            ("Erfurt", "Thüringen", "990##", "0361"), ("Rostock", "Mecklenburg-Vorpommern", "180##", "0381"),
        ],
        street: "{s}{p} {n}",
        streets: &["straße", "weg", "allee", "platz", "gasse"],
        phone: "{a} #######",
        person: "###########",
        country: "Deutschland",
        short: "DE",
        plate: "??-?? ###",
        address: "{street}, {post} {city}",
    },
    Locale {
        code: "fr_FR",
        first: <FR_FR as Data>::NAME_FIRST_NAME,
        last: <FR_FR as Data>::NAME_LAST_NAME,
        places: &[
            ("Paris", "Île-de-France", "750##", "01"), ("Marseille", "Provence-Alpes-Côte d'Azur", "130##", "04"),
            ("Lyon", "Auvergne-Rhône-Alpes", "690##", "04"), ("Toulouse", "Occitanie", "310##", "05"),
            ("Nice", "Provence-Alpes-Côte d'Azur", "060##", "04"), ("Nantes", "Pays de la Loire", "440##", "02"),
            ("Strasbourg", "Grand Est", "670##", "03"), ("Montpellier", "Occitanie", "340##", "04"),
            ("Bordeaux", "Nouvelle-Aquitaine", "330##", "05"), ("Lille", "Hauts-de-France", "590##", "03"),
            ("Rennes", "Bretagne", "350##", "02"), ("Reims", "Grand Est", "510##", "03"),
            ("Dijon", "Bourgogne-Franche-Comté", "210##", "03"), ("Angers", "Pays de la Loire", "490##", "02"),
        ],
        street: "{n} {p} {s}",
        streets: &["rue", "avenue", "boulevard", "place", "allée"],
        phone: "{a} ## ## ## ##",
        person: "# ## ## ## ### ### ##",
        country: "France",
        short: "FR",
        plate: "??-###-??",
        address: "{street}, {post} {city}",
    },
    Locale {
        code: "es_ES",
        first: &SPANISH_FIRST,
        last: &SPANISH_LAST,
        places: &[
            ("Madrid", "Madrid", "280##", "91"), ("Barcelona", "Cataluña", "080##", "93"),
            ("Valencia", "Comunidad Valenciana", "460##", "96"), ("Sevilla", "Andalucía", "410##", "95"),
            ("Zaragoza", "Aragón", "500##", "976"), ("Málaga", "Andalucía", "290##", "95"),
            ("Murcia", "Región de Murcia", "300##", "968"), ("Palma", "Islas Baleares", "070##", "971"),
            ("Bilbao", "País Vasco", "480##", "94"), ("Valladolid", "Castilla y León", "470##", "983"),
            ("Vigo", "Galicia", "362##", "986"), ("Oviedo", "Asturias", "330##", "98"),
        ],
        street: "{p} {s}, {n}",
        streets: &["Calle", "Avenida", "Plaza", "Paseo"],
        phone: "+34 {a} ### ###",
        person: "########?",
        country: "España",
        short: "ES",
        plate: "#### ???",
        address: "{street}, {post} {city}",
    },
    Locale {
        code: "pt_BR",
        first: <PT_BR as Data>::NAME_FIRST_NAME,
        last: <PT_BR as Data>::NAME_LAST_NAME,
        places: &[
            ("São Paulo", "São Paulo", "01###-###", "11"), ("Rio de Janeiro", "Rio de Janeiro", "20###-###", "21"),
            ("Brasília", "Distrito Federal", "70###-###", "61"), ("Salvador", "Bahia", "40###-###", "71"),
            ("Fortaleza", "Ceará", "60###-###", "85"), ("Belo Horizonte", "Minas Gerais", "30###-###", "31"),
            ("Manaus", "Amazonas", "69###-###", "92"), ("Curitiba", "Paraná", "80###-###", "41"),
            ("Recife", "Pernambuco", "50###-###", "81"), ("Porto Alegre", "Rio Grande do Sul", "90###-###", "51"),
        ],
        street: "{p} {s}, {n}",
        streets: &["Rua", "Avenida", "Travessa", "Alameda"],
        phone: "({a}) ####-####",
        person: "###.###.###-##",
        country: "Brasil",
        short: "BR",
        plate: "???-####",
        address: "{street}, {city}, {post}",
    },
    Locale {
        code: "nl_NL",
        first: <NL_NL as Data>::NAME_FIRST_NAME,
        last: <NL_NL as Data>::NAME_LAST_NAME,
        places: &[
            ("Amsterdam", "Noord-Holland", "10## ??", "020"), ("Rotterdam", "Zuid-Holland", "30## ??", "010"),
            ("Den Haag", "Zuid-Holland", "25## ??", "070"), ("Utrecht", "Utrecht", "35## ??", "030"),
            ("Eindhoven", "Noord-Brabant", "56## ??", "040"), ("Groningen", "Groningen", "97## ??", "050"),
            ("Tilburg", "Noord-Brabant", "50## ??", "013"), ("Breda", "Noord-Brabant", "48## ??", "076"),
            ("Nijmegen", "Gelderland", "65## ??", "024"), ("Haarlem", "Noord-Holland", "20## ??", "023"),
        ],
        street: "{s}{p} {n}",
        streets: &["straat", "weg", "laan", "plein"],
        phone: "{a} #######",
        person: "#########",
        country: "Nederland",
        short: "NL",
        plate: "??-###-?",
        address: "{street}, {post} {city}",
    },
];

/// Signs of a country in the names of columns, and in values: (locale, words of names, beginnings of values).
const SIGNS: [(&str, &[&str], &[&str]); 8] = [
    ("it_IT", &["cognome", "nome", "citta", "comune", "indirizzo", "codicefiscale", "cap", "provincia"], &["+39", "IT"]),
    ("de_DE", &["nachname", "vorname", "strasse", "ort", "plz", "telefon"], &["+49", "DE"]),
    ("fr_FR", &["prenom", "nom", "ville", "adresse", "naissance"], &["+33", "FR"]),
    ("es_ES", &["apellido", "apellidos", "nombre", "ciudad", "direccion", "correo", "telefono"], &["+34", "ES"]),
    ("pt_BR", &["sobrenome", "cidade", "endereco", "cpf", "cep"], &["+55", "BR"]),
    ("nl_NL", &["achternaam", "voornaam", "straat", "woonplaats", "bsn"], &["+31", "NL"]),
    ("en_GB", &["nhs", "nino", "county"], &["+44", "GB"]),
    ("en_US", &["ssn", "zip", "zipcode"], &["+1"]),
];

/// The place of a locale in the list; the first for an unknown one.
pub(super) fn find(code: &str) -> usize {
    LOCALES.iter().position(|l| l.code.eq_ignore_ascii_case(&code.replace('-', "_"))).unwrap_or(0)
}

/// The country that columns and a few of their values speak for.
pub fn guess<'a>(columns: impl Iterator<Item = (&'a str, Vec<&'a str>)>) -> &'static str {
    let mut points = [0u32; SIGNS.len()];
    for (name, values) in columns {
        let plain: String = name.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
        for (i, (code, words, begins)) in SIGNS.iter().enumerate() {
            points[i] += 2 * u32::from(words.iter().any(|w| plain == *w));
            let starts = |v: &&str| {
                let account = v.len() >= 15 && v[2.min(v.len())..].starts_with(|c: char| c.is_ascii_digit());
                begins.iter().any(|b| v.starts_with(b) && (b.starts_with('+') || account))
            };
            let hits = values.iter().filter(|v| v.is_ascii()).filter(|v| starts(v)).count();
            points[i] += 3 * u32::from(hits * 2 > values.len());
            let italian = |v: &&str| v.len() == 16 && super::form::of(v) == "??????##?##?###?";
            let codes = values.iter().filter(|v| italian(v)).count();
            points[i] += 3 * u32::from(*code == "it_IT" && codes * 2 > values.len());
        }
    }
    let best = (0..SIGNS.len()).rev().max_by_key(|i| points[*i]).filter(|i| points[*i] > 0);
    best.map_or(LOCALES[0].code, |i| SIGNS[i].0)
}
