"""SDV's metadata and constraints are read as what they say."""

import json

import pytest

import healthdata_synthetic_generator as hd


V1 = {
    "METADATA_SPEC_VERSION": "V1",
    "tables": {
        "guests": {"primary_key": "guest_id", "columns": {
            "guest_id": {"sdtype": "id", "regex_format": "G_[0-9]{5}"},
            "email": {"sdtype": "email", "pii": True},
            "rating": {"sdtype": "categorical", "order": ["low", "high"]},
            "spent": {"sdtype": "numerical", "computer_representation": "Float"},
            "came": {"sdtype": "datetime", "datetime_format": "%d %b %Y"},
            "left": {"sdtype": "datetime", "datetime_format": "%d %b %Y"}}},
        "rooms": {"columns": {"guest_id": {"sdtype": "id"}, "kind": {"sdtype": "categorical"}}},
    },
    "relationships": [{"parent_table_name": "guests", "parent_primary_key": "guest_id",
                       "child_table_name": "rooms", "child_foreign_key": "guest_id"}],
}


class Like:
    """Anything with SDV's `to_dict`."""

    def to_dict(self):
        return V1


def test_a_dict_an_object_and_a_file_are_the_same(tmp_path):
    (tmp_path / "sdv.json").write_text(json.dumps(V1))
    made = [hd.Metadata.from_sdv(x) for x in (V1, Like(), tmp_path / "sdv.json", str(tmp_path / "sdv.json"))]
    assert all(m == made[0] for m in made)
    assert made[0].column("guests", "rating")["sdtype"] == "ordinal"
    assert made[0].column("guests", "email")["sdtype"] == "email"


def constraint(name, **parameters):
    return {"class_name": name, "parameters": {"table_name": "guests", **parameters}}


@pytest.mark.parametrize(("given", "rule"), [
    (constraint("Inequality", low_column_name="came", high_column_name="left", strict_boundaries=True), "came < left"),
    (constraint("ScalarInequality", column_name="spent", relation=">=", value=0), "spent"),
    (constraint("Positive", column_name="spent", strict_boundaries=False), "spent"),
    (constraint("ScalarRange", column_name="spent", low_value=0, high_value=9, strict_boundaries=False), "spent"),
    (constraint("FixedCombinations", column_names=["rating", "email"]), "rating"),
    (constraint("Unique", column_names=["email"]), "email"),
])
def test_constraints_become_rules(given, rule):
    (line,) = hd.Metadata.from_sdv(V1, constraints=[given]).rules
    assert rule in line


def test_an_object_of_sdv_is_read_by_its_class():
    class Inequality:
        def __init__(self):
            self._low_column_name, self._high_column_name = "came", "left"
            self._strict_boundaries, self.table_name = False, "guests"

    assert hd.Metadata.from_sdv(V1, constraints=Inequality()).rules == ["guests: came <= left"]


def test_what_has_no_rule_is_said(tmp_path):
    with pytest.raises(hd.MetadataError) as e:
        hd.Metadata.from_sdv(V1, constraints=[constraint("OneHotEncoding", column_names=[]), constraint("Inequality")])
    assert len(e.value.problems) == 2
    assert "OneHotEncoding has no rule" in e.value.problems[0] and "low_column_name" in e.value.problems[1]
    with pytest.raises(hd.MetadataError, match="table_name"):
        hd.Metadata.from_sdv(V1, constraints=[{"class_name": "Unique", "parameters": {"column_names": ["email"]}}])
    for bad in (5, None, [1]):
        with pytest.raises(hd.MetadataError):
            hd.Metadata.from_sdv(bad)
    with pytest.raises(hd.MetadataError, match="no.json"):
        hd.Metadata.from_sdv(tmp_path / "no.json")
