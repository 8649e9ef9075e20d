"""Lists of names and classes: what is read, what is left unread and why, and folders that only number."""

from __future__ import annotations

import json
import tarfile
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gansmith.data.formats.tables import class_lists, picture_names
from gansmith.data.store import open_store
from gansmith.ground.errors import DataError
from gansmith.ground.recipes.settings import DataSettings

WORDS = ("red", "green", "blue")


def opened(path, **settings):
    return open_store(DataSettings(source=str(path), **settings))


@pytest.fixture
def pictures(encode):
    """`pictures(folder, names)`: a picture for each name, whose green is the name's place."""

    def make(folder, names):
        for index, name in enumerate(names):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(encode(np.full((6, 6, 3), (200, index, 10), np.uint8)))
        return folder

    return make


def classes_by_place(store):
    """The class of each picture by its green."""
    names = [store.class_names[label] for label in store.labels]
    return [name for _, name in sorted(zip(store.items[:, 0, 0, 1].tolist(), names, strict=True))]


NAMES = [f"im{index:03}.png" for index in range(9)]
EXPECTED = [WORDS[index % 3] for index in range(9)]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("train.csv", "image_id,label\n" + "".join(f"im{i:03}.png,{WORDS[i % 3]}\n" for i in range(9))),
        ("labels.csv", "id;category\n" + "".join(f"im{i:03};{WORDS[i % 3]}\n" for i in range(9))),
        ("labels.tsv", "".join(f"./pics/im{i:03}.png\t{WORDS[i % 3]}\n" for i in range(9))),
        ("all.csv", "a,b,Class,Filename\n" + "".join(f"1,{i},{WORDS[i % 3]},C:\\me\\im{i:03}.png\n" for i in range(9))),
        ("y.csv", "label,label_id,file\n" + "".join(f"{WORDS[i % 3]},{i % 3},im{i:03}.png\n" for i in range(9))),
        ("hot.csv", "image,red,green,blue\n" + "".join(f"im{i:03},{i % 3 == 0:d},{i % 3 == 1:d},{i % 3 == 2:d}.0\n" for i in range(9))),
        ("quoted.csv", '\ufefffile_name,label\r\n' + "".join(f'"im{i:03}.png","{WORDS[i % 3]}"\r\n' for i in range(9))),
        ("numbers.csv", "id,label\n" + "".join(f"{i},{WORDS[i % 3]}\n" for i in range(9))),
        ("metadata.jsonl", "".join(json.dumps({"file_name": f"im{i:03}.png", "label": WORDS[i % 3]}) + "\n" for i in range(9))),
        ("labels.json", json.dumps({f"im{i:03}.png": WORDS[i % 3] for i in range(9)})),
        ("labels.txt", "".join(f"im{i:03}.png {WORDS[i % 3]}\n" for i in range(9))),
    ],
)  # fmt: skip
def test_a_list_of_names_and_classes_is_read(tmp_path, pictures, name, text):
    names = [f"{index}.png" for index in range(9)] if name == "numbers.csv" else NAMES
    folder = pictures(tmp_path / "set", names)
    (folder / name).write_text(text, encoding="utf-8")
    store = opened(folder, labels="classes")
    assert classes_by_place(store) == EXPECTED
    assert store.class_names == ("blue", "green", "red")
    assert store.remarks == (f"classes are those in {name}",)
    assert store.left_out == ()


def test_names_may_lack_leading_zeros(tmp_path, pictures):
    folder = pictures(tmp_path / "set", [f"{index:05}.png" for index in range(9)])
    (folder / "labels.csv").write_text("id,label\n" + "".join(f"{i},{WORDS[i % 3]}\n" for i in range(9)))
    assert classes_by_place(opened(folder)) == EXPECTED


def test_zip_tar_and_a_list_beside_say_the_same(tmp_path, pictures):
    folder = pictures(tmp_path / "set", NAMES)
    rows = "file_name,label\n" + "".join(f"im{i:03}.png,{i % 3}\n" for i in range(9))
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as packed, tarfile.open(tmp_path / "b.tar", "w") as tar:
        for name in NAMES:
            packed.write(folder / name, f"set/{name}")
            tar.add(folder / name, f"set/{name}")
        (tmp_path / "metadata.csv").write_text(rows)
        packed.write(tmp_path / "metadata.csv", "set/metadata.csv")
        tar.add(tmp_path / "metadata.csv", "set/metadata.csv")
    beside = opened(folder)  # metadata.csv lies next to its folder
    (tmp_path / "metadata.csv").unlink()
    stores = [beside, opened(tmp_path / "a.zip"), opened(tmp_path / "b.tar")]
    assert {store.fingerprint for store in stores} == {beside.fingerprint}
    assert classes_by_place(beside) == ["0", "1", "2"] * 3
    assert opened(folder).labels is None


def test_a_list_names_pictures_in_the_folder_of_its_own_name_first(tmp_path, pictures):
    """Kaggle's layout: train.csv lists train/, and test/ has pictures of the same names and no classes."""
    folder = pictures(tmp_path / "set", [*(f"train/{name}" for name in NAMES), *(f"test/{name}" for name in NAMES)])
    (folder / "train.csv").write_text("id,label\n" + "".join(f"im{i:03},{WORDS[i % 3]}\n" for i in range(9)))
    assert classes_by_place(opened(folder, labels="classes")) == EXPECTED
    test = opened(folder, split="test")
    assert (test.count, test.labels) == (9, None)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("one_hot", [False, True])
def test_stylegans_list_is_read_and_its_folders_are_no_classes(tmp_path, pictures, packed, one_hot):
    names = [f"0000{index // 5}/img{index:08}.png" for index in range(9)]
    source = pictures(tmp_path / "set", names)
    hot = np.eye(3)
    labels = [[name, hot[i % 3].tolist() if one_hot else i % 3] for i, name in enumerate(names)]
    (source / "dataset.json").write_text(json.dumps({"labels": labels}))
    if packed:
        with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
            for path in source.rglob("*.*"):
                archive.write(path, path.relative_to(source))
        source = tmp_path / "set.zip"
    assert classes_by_place(opened(source, labels="classes")) == ["0", "1", "2"] * 3


def test_stylegans_list_without_labels_and_with_vectors(tmp_path, pictures):
    names = [f"0000{index // 5}/img{index:08}.png" for index in range(9)]
    folder = pictures(tmp_path / "set", names)
    (folder / "dataset.json").write_text('{"labels": null}')
    assert opened(folder).labels is None
    (folder / "dataset.json").write_text(json.dumps({"labels": [[name, [0.5, 0.25, 1]] for name in names]}))
    with pytest.raises(DataError, match=r"dataset\.json is not read as classes: its labels are vectors of 3 numbers"):
        opened(folder, labels="classes")


def test_folders_that_only_number_are_no_classes(tmp_path, pictures, monkeypatch):
    monkeypatch.setattr("gansmith.data.formats.classes.FULL_FOLDER", 4)
    full = opened(pictures(tmp_path / "a", [f"0000{index // 4}/{index}.png" for index in range(10)]))
    assert full.labels is None
    assert "the folders 00000 to 00002 are taken for a tool's numbering, no classes: rename them" in full.remarks[0]
    uneven = opened(pictures(tmp_path / "b", [f"0000{index // 7}/{index}.png" for index in range(10)]))
    assert uneven.class_names == ("00000", "00001")
    assert "the folders 00000 to 00001 are taken for classes" in uneven.remarks[0]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (
            "id,width,height\nim000,4,5\n",
            "beside the names it has width, height: call the column of the classes `label`",
        ),
        ("id,label\nother,4\n", "it names none of the pictures"),
        ("id,label\nim000,0.5\n", "column label holds 0.5, which is no class"),
        ("id,label\nim000,cat\nim000,dog\n", "im000 has more than one class, cat and dog for two"),
        ("id,label,target\nim000,a,x\nim001,a,y\n", "label and target are both classes: keep one of the columns"),
        ("id,smiling,old\nim000,1,1\nim001,0,1\n", "are attributes: call it list_attr_NAME.csv"),
        ("id,label\nim000\n", "its lines are not of one length"),
        ("", "it is empty"),
        ("id,label\n" + f"im000,{'a very long text ' * 9}\n", "column label holds texts, no classes"),
    ],
)
def test_a_list_that_leaves_a_choice_is_not_guessed(tmp_path, pictures, text, why):
    folder = pictures(tmp_path / "set", NAMES)
    (folder / "labels.csv").write_text(text)
    assert any(
        f"labels.csv is not read as classes: {why}" in remark or why in remark for remark in opened(folder).remarks
    )
    with pytest.raises(DataError, match=r"data\.labels = 'classes' but set has no labels \(labels\.csv is not read"):
        opened(folder, labels="classes")


def test_captions_are_no_classes():
    rows = "file,label\n" + "".join(f"im{i:03}.png,text {i}\n" for i in range(12))
    with pytest.raises(class_lists.NotRead, match="holds 12 different values for 12 pictures"):
        class_lists.read("captions.csv", rows, class_lists.Pictures(f"im{i:03}.png" for i in range(12)))


OBJECTS = {"bbox": [[1, 2, 3, 4]], "category": [5]}


@pytest.mark.parametrize(
    ("columns", "why"),
    [
        ({"label": True, "objects": OBJECTS}, ""),
        ({"objects": [], "label": True, "labels": ["a", "b"]}, ""),
        ({"size": [4, 5], "label": True, "tags": {"a": 1}, "text": None}, ""),
        ({"label": OBJECTS}, "its labels are objects"),
        ({"objects": OBJECTS}, "its labels are objects"),
        ({"label": [1, 2, 3], "text": "a"}, "its labels are vectors of 3 numbers"),
        ({"text": "a", "objects": OBJECTS}, "beside the names it has text, objects: call the column of the classes `label`"),
    ],
)  # fmt: skip
def test_columns_of_lists_and_objects_beside_the_classes_are_passed_over(tmp_path, pictures, columns, why):
    """As imagefolders of the Hugging Face Hub have them. True stands for the class of the row."""
    folder = pictures(tmp_path / "set", NAMES)
    rows = [
        {"file_name": name} | {key: word if value is True else value for key, value in columns.items()}
        for name, word in zip(NAMES, EXPECTED, strict=True)
    ]
    (folder / "metadata.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    store = opened(folder)
    if why:
        assert store.labels is None
        assert f"metadata.jsonl is not read as classes: {why}" in store.remarks[0]
    else:
        assert classes_by_place(store) == EXPECTED


def test_lists_that_are_not_read_for_one_reason_are_counted_in_a_line(tmp_path, pictures, monkeypatch):
    folder = pictures(tmp_path / "set", NAMES)
    for name in NAMES:  # the boxes of each picture, as many tools write them
        (folder / name).with_suffix(".csv").write_text("x,y,label\n1,2,cat\n3,4,dog\n")
    (folder / "other.csv").write_text("id,label\nim000,0.5\n")
    built, whole = [], class_lists.Pictures
    monkeypatch.setattr(class_lists, "Pictures", lambda names: built.append(1) or whole(names))
    assert opened(folder).remarks == (
        "9 tables are not read as classes, im000.csv for one: it names none of the pictures",
        "other.csv is not read as classes: column label holds 0.5, which is no class",
    )
    assert len(built) == 1
    for index, name in enumerate(NAMES):
        (folder / name).with_suffix(".csv").write_text(f"id,label\n{name},0.{index + 1}\n")
    monkeypatch.setattr(class_lists, "LINES", 4)
    remarks = opened(folder).remarks
    assert len(remarks) == 5
    assert remarks[4] == (
        "6 other tables are not read as classes, im004.csv for one: column label holds 0.5, which is no class"
    )


def test_many_lists_that_are_read_are_counted(tmp_path, pictures):
    folder = pictures(tmp_path / "set", NAMES)
    for name, word in zip(NAMES, EXPECTED, strict=True):
        (folder / name).with_suffix(".csv").write_text(f"id,label\n{name},{word}\n")
    store = opened(folder)
    assert classes_by_place(store) == EXPECTED
    assert store.remarks == ("classes are those in im000.csv and im001.csv and im002.csv and im003.csv and 5 more",)


def all_names(pictures, folder, stem):
    """What each key names, with a map that is made whole for one list."""
    found = {}
    levels = [{} for _ in range(6)]
    roots = [f"{folder}/" if folder else ""]
    roots = [*(f"{roots[0]}{part}/" for part in (stem, stem.partition("_")[0], stem.partition("-")[0])), *roots, ""]
    roots = list(dict.fromkeys(roots))
    for picture in pictures:
        paths = [picture[len(root) :] for root in roots if picture.startswith(root)]
        for level, path in enumerate((*paths[:2], picture.rpartition("/")[2])):
            for place, key in ((level, path), (level + 3, path.rpartition(".")[0] or path)):
                key = key.lower()
                levels[place][key] = picture if levels[place].get(key, picture) == picture else None
    for level in reversed(levels):
        found |= {key: picture for key, picture in level.items() if picture or key not in found}
    numbers = {}
    for key, picture in found.items():
        if key.isdecimal() and key.isascii():
            number = f"#{int(key)}"
            numbers[number] = picture if numbers.get(number, picture) == picture else None
    return found | numbers


part = st.sampled_from(["a", "B", "b", "v.b", "train", "train_x", "1", "01", "Σ"])
file = st.tuples(part, st.sampled_from([".png", ".jpg", ".PNG", ".b.png", ""])).map("".join)
path = st.tuples(st.lists(part, max_size=2), file).map(lambda found: "/".join([*found[0], found[1]]))


@given(
    st.lists(path, unique=True, max_size=9),
    st.sampled_from(["", "a", "B", "a/train"]),
    st.sampled_from(["train", "train_x", "b", "1-2", "", "Σ"]),
)
def test_a_name_means_the_same_as_in_a_map_made_for_the_list(pictures, folder, stem):
    names, keys = picture_names.Names(class_lists.Pictures(pictures), folder, stem), all_names(pictures, folder, stem)
    assert {key: names.find(key) for key in keys} == keys
    for cell in ("a", "b", "train/1", "001", "x/y/01.png", "#1", "", "/", "./A.png", "\\b\\Σ.png"):
        lower = cell.replace("\\", "/").removeprefix("./").lower()
        tails = [lower[place:] for place in range(len(lower) + 1) if not place or lower[place - 1] == "/"]
        words = [key for tail in tails for key in (tail, f"#{int(tail)}" if tail.isdecimal() else tail)]
        assert names.find(cell) == next((keys[key] for key in words if key in keys), None)


def test_a_list_that_misses_a_picture_gives_no_labels_and_says_which(tmp_path, pictures):
    folder = pictures(tmp_path / "set", NAMES)
    (folder / "labels.csv").write_text("id,label\n" + "".join(f"im{i:03},{i % 2}\n" for i in range(8)) + "im008,\n")
    store = opened(folder)
    assert store.labels is None
    assert store.count == 9
    assert "no labels, as 1 of 9 pictures bring no class in labels.csv, im008.png for one" in store.description
    with pytest.raises(DataError, match=r"im008\.png for one"):
        opened(folder, labels="classes")


def test_folders_of_the_same_classes_keep_their_names_and_others_give_way(tmp_path, pictures):
    names = [f"{WORDS[i % 3]}/{i}.png" for i in range(9)]
    folder = pictures(tmp_path / "set", names)
    plain = opened(folder)
    (folder / "metadata.csv").write_text("file_name,label\n" + "".join(f"{n},{i % 3}\n" for i, n in enumerate(names)))
    assert opened(folder).fingerprint == plain.fingerprint
    assert opened(folder).class_names == plain.class_names
    (folder / "metadata.csv").write_text("file_name,label\n" + "".join(f"{n},{i // 5}\n" for i, n in enumerate(names)))
    other = opened(folder)
    assert classes_by_place(other) == ["0"] * 5 + ["1"] * 4
    assert other.remarks == ("classes are those in metadata.csv, not the 3 folders",)


def test_two_lists_that_differ_are_said(tmp_path, pictures):
    folder = pictures(tmp_path / "set", NAMES)
    (folder / "a.csv").write_text("id,label\n" + "".join(f"im{i:03},{i % 3}\n" for i in range(9)))
    (folder / "b.csv").write_text("id,label\n" + "".join(f"im{i:03},{i % 2}\n" for i in range(9)))
    assert "b.csv is not read as classes: another list has another class for im002.png" in opened(folder).remarks


def test_one_hot_lists_in_the_folder_of_each_split(tmp_path, pictures):
    """As Roboflow exports them: _classes.csv in train/ and valid/, with a space after each comma."""
    folder = pictures(tmp_path / "set", [f"{part}/{name}" for part in ("train", "valid") for name in NAMES])
    for part in ("train", "valid"):
        rows = "".join(f"{name}, {i % 2}, {1 - i % 2}\n" for i, name in enumerate(NAMES))
        (folder / part / "_classes.csv").write_text("filename, cat, dog\n" + rows)
    for split in ("train", "test"):
        assert classes_by_place(opened(folder, split=split)) == [("dog", "cat")[i % 2] for i in range(9)]


def test_folders_of_splits_by_other_names(tmp_path, pictures):
    coco = pictures(tmp_path / "coco", ["train2017/a.png", "train2017/b.png", "val2017/c.png"])
    assert (opened(coco).count, opened(coco).labels) == (2, None)
    horses = pictures(
        tmp_path / "horse2zebra",
        [f"{part}{side}/{i}.png" for part in ("train", "test") for side in "AB" for i in (0, 1)],
    )
    train, test = opened(horses), opened(horses, split="test")
    assert (train.class_names, train.count, test.count) == (("A", "B"), 4, 4)
    assert test.class_names == ("A", "B")
