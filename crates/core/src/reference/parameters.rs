//! What the simulated hospital is made of: tables of numbers with the publication each was rounded from.
//!
//! Every number is a plain average of a large public statistic, rounded so that a reader can check it by eye.
//! Where no publication fits a ward of four or five beds, the comment says "assumed".

/// ICD-10 codes of the hospital, in the order of all tables by code.
pub(super) const CODES: [&str; 6] = ["I10", "E11", "J18", "K21", "M54", "N39"];
/// Hypertension.
pub(super) const I10: usize = 0;
/// Pneumonia, unspecified organism.
pub(super) const J18: usize = 2;
/// Urinary tract infection.
pub(super) const N39: usize = 5;

/// Severities, mildest first.
pub(super) const SEVERITIES: [&str; 3] = ["low", "medium", "high"];
/// Device types, in the order of [`Specialty::devices`].
pub(super) const DEVICES: [&str; 4] = ["ECG", "PulseOx", "BP Monitor", "Thermometer"];
/// Roles, in the order of [`Specialty::roles`].
pub(super) const ROLES: [&str; 4] = ["Nurse", "Doctor", "Technician", "Therapist"];
/// Shifts, in the order of [`SHIFTS_BY_ROLE`].
pub(super) const SHIFTS: [&str; 3] = ["Day", "Evening", "Night"];
/// Towns of the patients: personal data, so only a list to draw from.
pub(super) const CITIES: [&str; 32] = [
    "Ashford",
    "Bath",
    "Bedford",
    "Bradford",
    "Bristol",
    "Cambridge",
    "Carlisle",
    "Chester",
    "Coventry",
    "Derby",
    "Durham",
    "Exeter",
    "Gloucester",
    "Hereford",
    "Ipswich",
    "Lancaster",
    "Leeds",
    "Leicester",
    "Lincoln",
    "Luton",
    "Norwich",
    "Oxford",
    "Plymouth",
    "Preston",
    "Ripon",
    "Salisbury",
    "Sheffield",
    "Sunderland",
    "Swindon",
    "Truro",
    "Winchester",
    "York",
];

/// One specialty: its wards, beds, stays, cases, people and devices.
pub(super) struct Specialty {
    pub name: &'static str,
    /// Wards of a campus: A, or A and B for the three busiest.
    pub wards: &'static [&'static str],
    /// Beds of one ward.
    pub beds: usize,
    /// Mean length of stay in days.
    pub los_days: f64,
    /// Spread of its logarithm.
    pub los_sigma: f64,
    /// Minutes between two rounds of vital signs for a patient of low, medium and high severity.
    pub rounds: [i64; 3],
    /// Shift of the severity scale: how ill the patients of the ward are.
    pub acuity: f64,
    /// Weight of each code as the leading diagnosis.
    pub leading: [f64; 6],
    /// Staff whose home is one ward of it.
    pub staff: usize,
    /// Weight of each role.
    pub roles: [f64; 4],
    /// Devices of each type in one ward.
    pub devices: [usize; 4],
}

/// Index of Pediatrics in [`SPECIALTIES`].
pub(super) const PEDIATRICS: usize = 3;
/// Index of Emergency.
pub(super) const EMERGENCY: usize = 4;
/// Index of ICU.
pub(super) const ICU: usize = 5;
/// Index of Oncology.
pub(super) const ONCOLOGY: usize = 2;

/// The seven specialties.
///
/// Length of stay: log-normal (Marazzi et al., Fitting the distributions of length of stay by parametric models,
/// Medical Care 1998). Means: HCUP National Inpatient Sample, about 4.6 days over all adult stays, shorter for
/// circulatory and orthopaedic stays, longer for stroke and cancer; HCUP Kids' Inpatient Database, about 3 days
/// without newborns; intensive care 3 to 4 days (Zimmerman, Kramer, Knaus, Critical Care 2013). Emergency is
/// a ward of observation beds: hours, not days (four-hour standard of NHS England).
/// Rounds: National Early Warning Score 2 (Royal College of Physicians 2017): at least every 12 hours when well,
/// every 4 to 6 hours at a low score, hourly or closer when high. The chart is thinned at the top, to every fourth
/// hour on wards and every second in intensive care, so that a few patients do not fill the table.
/// Leading diagnoses, beds, staff and devices: assumed.
pub(super) const SPECIALTIES: [Specialty; 7] = [
    Specialty {
        name: "Cardiology",
        wards: &["A", "B"],
        beds: 3,
        los_days: 3.8,
        los_sigma: 0.65,
        rounds: [720, 480, 240],
        acuity: 0.1,
        leading: [61.0, 15.0, 10.0, 10.0, 0.0, 4.0],
        staff: 15,
        roles: [0.54, 0.24, 0.17, 0.05],
        devices: [4, 2, 2, 1],
    },
    Specialty {
        name: "Neurology",
        wards: &["A"],
        beds: 3,
        los_days: 4.4,
        los_sigma: 0.75,
        rounds: [720, 480, 240],
        acuity: 0.2,
        leading: [26.0, 12.0, 5.0, 0.0, 52.0, 4.0],
        staff: 15,
        roles: [0.52, 0.24, 0.08, 0.16],
        devices: [2, 2, 3, 1],
    },
    Specialty {
        name: "Oncology",
        wards: &["A"],
        beds: 4,
        los_days: 4.4,
        los_sigma: 0.75,
        rounds: [720, 480, 240],
        acuity: 0.4,
        leading: [0.0, 7.0, 35.0, 21.0, 21.0, 16.0],
        staff: 15,
        roles: [0.56, 0.26, 0.11, 0.07],
        devices: [2, 2, 2, 1],
    },
    Specialty {
        name: "Pediatrics",
        wards: &["A"],
        beds: 3,
        los_days: 3.0,
        los_sigma: 0.65,
        rounds: [480, 360, 240],
        acuity: -0.1,
        leading: [0.0, 3.0, 50.0, 20.0, 6.0, 21.0],
        staff: 15,
        roles: [0.60, 0.26, 0.07, 0.07],
        devices: [1, 4, 2, 2],
    },
    Specialty {
        name: "Emergency",
        wards: &["A", "B"],
        beds: 2,
        los_days: 0.34,
        los_sigma: 0.55,
        rounds: [150, 75, 45],
        acuity: 0.0,
        leading: [18.0, 9.0, 23.0, 14.0, 24.0, 13.0],
        staff: 17,
        roles: [0.52, 0.33, 0.13, 0.02],
        devices: [3, 2, 2, 1],
    },
    Specialty {
        name: "ICU",
        wards: &["A"],
        beds: 3,
        los_days: 2.6,
        los_sigma: 0.80,
        rounds: [240, 180, 120],
        acuity: 1.0,
        leading: [24.0, 15.0, 41.0, 0.0, 0.0, 20.0],
        staff: 22,
        roles: [0.58, 0.24, 0.13, 0.05],
        devices: [5, 2, 2, 1],
    },
    Specialty {
        name: "Orthopedics",
        wards: &["A", "B"],
        beds: 3,
        los_days: 3.6,
        los_sigma: 0.60,
        rounds: [720, 480, 240],
        acuity: -0.4,
        leading: [0.0, 7.0, 0.0, 0.0, 93.0, 0.0],
        staff: 14,
        roles: [0.48, 0.22, 0.06, 0.24],
        devices: [1, 2, 3, 1],
    },
];

/// Who may be lent to whom: specialties that work with the home specialty (assumed).
pub(super) const ADJACENT: [&[usize]; 7] = [&[5, 4], &[5, 6], &[0, 1], &[4], &[5, 0], &[4, 0], &[1, 4]];

/// Weight of Day, Evening and Night by role: nursing around the clock, therapy by day (assumed).
pub(super) const SHIFTS_BY_ROLE: [[f64; 3]; 4] =
    [[0.42, 0.30, 0.28], [0.62, 0.22, 0.16], [0.68, 0.24, 0.08], [0.92, 0.08, 0.0]];

/// Youngest age at which a role can be taken up: after school, training or medical studies.
pub(super) const QUALIFIED_AGE: [i64; 4] = [20, 25, 19, 22];

/// Weight of each five-year age group of the patients, 0-4 to 95-99: two humps, the very young and the old, as in
/// NHS Hospital Episode Statistics, admitted patient care by age.
pub(super) const AGES: [f64; 20] =
    [7.0, 3.2, 2.8, 3.4, 3.6, 4.2, 4.6, 4.6, 4.4, 4.8, 5.6, 6.4, 6.8, 7.2, 7.8, 7.6, 6.6, 4.8, 2.6, 0.8];

/// Age bands of the tables by age: below 18, 18-39, 40-64, 65-79, from 80.
pub(super) const BANDS: [f64; 4] = [18.0, 40.0, 65.0, 80.0];

/// The band of an age in years.
pub(super) fn band(age: f64) -> usize {
    BANDS.iter().filter(|b| age >= **b).count()
}

/// Share of patients who live with a code for good, by age band. Hypertension: NCHS Data Brief 364 (NHANES
/// 2017-2018). Diabetes: CDC National Diabetes Statistics Report. Reflux: El-Serag et al., Gut 2014. Low back
/// pain: Hoy et al., Arthritis and Rheumatism 2012. Pneumonia and urinary infection pass.
pub(super) const CHRONIC: [[f64; 5]; 6] = [
    [0.0, 0.20, 0.52, 0.74, 0.76],
    [0.0, 0.05, 0.18, 0.29, 0.27],
    [0.0; 5],
    [0.04, 0.14, 0.20, 0.22, 0.20],
    [0.0, 0.10, 0.16, 0.15, 0.13],
    [0.0; 5],
];

/// Chance that a chronic condition is coded beside the leading diagnosis.
pub(super) const CODED: [f64; 6] = [0.66, 0.78, 0.0, 0.45, 0.40, 0.0];
/// Chance of an acute second diagnosis, for an adult of 60 on a general ward (hospital-acquired or found on the way).
pub(super) const ACUTE_SECOND: [f64; 6] = [0.0, 0.0, 0.045, 0.0, 0.0, 0.07];

/// How much likelier a code leads in each age band.
pub(super) const LEADING_BY_AGE: [[f64; 5]; 6] = [
    [0.0, 0.4, 1.1, 1.2, 1.0],
    [0.3, 0.5, 1.1, 1.2, 1.0],
    [1.2, 0.7, 0.8, 1.3, 1.8],
    [1.0, 1.0, 1.1, 0.9, 0.7],
    [0.6, 1.2, 1.2, 0.9, 0.7],
    [0.8, 0.9, 0.8, 1.2, 1.6],
];
/// Youngest age in years at which a code leads.
pub(super) const LEADING_FROM: [f64; 6] = [18.0, 10.0, 0.0, 0.0, 8.0, 0.0];
/// Urinary infections are about twice as common in women (Foxman, American Journal of Medicine 2002).
pub(super) const N39_WOMEN: f64 = 2.0;

/// One way in: ward, planned or not, and its weight in each age band (assumed; about half of all stays unplanned,
/// half of those through Emergency, as in NHS Hospital Episode Statistics).
pub(super) struct Entry {
    pub specialty: usize,
    pub elective: bool,
    pub weight: [f64; 5],
}

/// All ways in.
pub(super) const ENTRIES: [Entry; 12] = [
    Entry { specialty: EMERGENCY, elective: false, weight: [32.0, 36.0, 26.0, 26.0, 32.0] },
    Entry { specialty: PEDIATRICS, elective: false, weight: [30.0, 0.0, 0.0, 0.0, 0.0] },
    Entry { specialty: PEDIATRICS, elective: true, weight: [22.0, 0.0, 0.0, 0.0, 0.0] },
    Entry { specialty: 0, elective: true, weight: [0.0, 4.0, 12.0, 13.0, 9.0] },
    Entry { specialty: 0, elective: false, weight: [0.0, 2.0, 5.0, 7.0, 8.0] },
    Entry { specialty: 1, elective: true, weight: [0.0, 7.0, 7.0, 6.0, 3.0] },
    Entry { specialty: 1, elective: false, weight: [0.0, 4.0, 4.0, 6.0, 7.0] },
    Entry { specialty: ONCOLOGY, elective: true, weight: [0.0, 4.0, 10.0, 10.0, 5.0] },
    Entry { specialty: ONCOLOGY, elective: false, weight: [0.0, 1.0, 2.0, 3.0, 2.0] },
    Entry { specialty: 6, elective: true, weight: [0.0, 14.0, 15.0, 13.0, 7.0] },
    Entry { specialty: 6, elective: false, weight: [0.0, 9.0, 4.0, 5.0, 9.0] },
    Entry { specialty: ICU, elective: false, weight: [0.0, 4.0, 5.0, 6.0, 4.0] },
];

/// Chance that an Emergency patient of low, medium, high severity moves on to a ward.
pub(super) const ADMITTED: [f64; 3] = [0.05, 0.20, 0.65];
/// Of the high ones, to intensive care.
pub(super) const TO_ICU: f64 = 0.60;
/// Chance that a highly severe ward patient is taken to intensive care.
pub(super) const DETERIORATES: f64 = 0.08;
/// Chance that intensive care is followed by a ward.
pub(super) const STEP_DOWN: f64 = 0.85;

/// Unplanned arrivals by hour of day: lowest at 5, highest from 10 to 13, slow fall in the evening (NHS Digital,
/// Hospital Accident and Emergency Activity, arrivals by hour).
pub(super) const ARRIVAL_HOURS: [f64; 24] = [
    2.6, 2.1, 1.8, 1.6, 1.5, 1.5, 1.8, 2.6, 4.2, 5.7, 6.4, 6.5, 6.2, 5.9, 5.8, 5.7, 5.8, 5.8, 5.7, 5.4, 4.9, 4.3, 3.8,
    3.2,
];
/// Unplanned arrivals by weekday from Monday, the busiest (same source), as a share of Monday.
pub(super) const ARRIVAL_DAYS: [f64; 7] = [1.0, 0.94, 0.92, 0.92, 0.92, 0.91, 0.94];
/// Planned arrivals by hour: mornings.
pub(super) const ELECTIVE_HOURS: [f64; 24] = [
    0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 30.0, 32.0, 18.0, 11.0, 7.0, 2.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0,
    0.0, 0.0,
];
/// Planned arrivals by weekday from Monday.
pub(super) const ELECTIVE_DAYS: [f64; 7] = [1.1, 1.1, 1.0, 1.0, 0.8, 0.0, 0.0];
/// Discharges from a ward by hour: after the morning round, most from noon to five (NHS England, SAFER patient flow
/// bundle, which asks for a third before midday).
pub(super) const DISCHARGE_HOURS: [f64; 24] = [
    0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.2, 1.5, 4.5, 9.5, 13.5, 14.5, 14.0, 12.5, 11.0, 8.5, 5.5, 2.8, 1.4, 0.6, 0.0,
    0.0, 0.0,
];

/// Share of patients who come at least once around the year; the others are registered only.
pub(super) const COMES: f64 = 0.98;
/// Logit of an unplanned return within 30 days; Jencks, Williams, Coleman, New England Journal 2009: 19.6 % of
/// elderly patients, HCUP all ages: about 14 %.
pub(super) const EARLY_RETURN: f64 = -2.1;
/// Logit of a later return.
pub(super) const LATE_RETURN: f64 = 0.02;
/// Chance that a planned oncology stay is followed by the next cycle.
pub(super) const NEXT_CYCLE: f64 = 0.55;
/// Days of a cycle of chemotherapy.
pub(super) const CYCLE_DAYS: i64 = 21;
