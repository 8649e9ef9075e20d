// Files that a person drops or chooses: a zip, pictures, sounds, a table, a list of words, or a folder with all that is in it.

const PICTURE_FILES = /\.(png|jpe?g|webp|bmp|gif|tiff?)$/i;
const ARCHIVE_FILES = /\.(zip|tar|tar\.gz|tgz|npz|npy|gz)$/i;
const LIST_FILES = /\.(csv|tsv|jsonl|ndjson)$|^(dataset|labels|metadata)\.json$|^((train_)?labels|train|val|test)\.txt$/i; // of classes
const SOUND_FILES = /\.(wav|flac|ogg|aiff?)$/i;
const WHOLE_FILES = /\.(csv|tsv|parquet|txt|h5|hdf5|mat)$/i; // each is a source by itself
const NOTHING = "Nothing here to learn from. Pictures (PNG, JPEG, WebP, BMP, GIF, TIFF), archives, tables (.csv, .tsv, .parquet), arrays (.npy, .npz, .h5, .mat), sounds (.wav) and words (.txt) are taken.";
const MOST_FILES = 50_000;

// The files of a drop as [{file, path}]; folders are opened. Raises Error where there are too many.
export async function filesOf(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.length) return [...transfer.files].map((file) => ({ file, path: file.name }));
  const found = [];
  for (const entry of entries) await collectFiles(entry, "", found);
  return found;
}

async function collectFiles(entry, above, found) {
  if (found.length >= MOST_FILES) {
    throw new Error(`More than ${MOST_FILES} files: put them into a zip.`);
  }
  const path = above + entry.name;
  if (entry.isFile) {
    found.push({ file: await new Promise((done, fail) => entry.file(done, fail)), path });
    return;
  }
  const reader = entry.createReader();
  for (;;) {
    const some = await new Promise((done, fail) => reader.readEntries(done, fail)); // at most 100 at a time
    if (!some.length) return;
    for (const one of some) await collectFiles(one, `${path}/`, found);
  }
}

export function filesOfInput(input) {
  return [...input.files].map((file) => ({ file, path: file.webkitRelativePath || file.name }));
}

// Sends files to the server; gives {source, left}: what a training can use, and how many files were left out. `tell(text)`
// hears how far it is.
export async function sendFiles(api, files, tell) {
  const wanted = wantedOf(files);
  const left = files.length - wanted.length;
  const [first] = wanted;
  if (wanted.length === 1 && (ARCHIVE_FILES.test(first.file.name) || WHOLE_FILES.test(first.file.name))) {
    const progress = (share) => tell(`Copying ${first.file.name}: ${Math.floor(share * 100)} %`);
    return { source: (await api.upload(first.file, { progress })).source, left };
  }
  const into = folderName(first.path);
  let source = null;
  for (const [index, { file, path }] of wanted.entries()) {
    tell(`Copying ${index + 1} of ${wanted.length} files`);
    ({ source } = await api.upload(file, { into, path }));
  }
  return { source, left };
}

// The files that a training can use: pictures, archives and sounds with their lists of classes, else one table or list of words.
function wantedOf(files) {
  const items = files.filter(({ file }) => [PICTURE_FILES, ARCHIVE_FILES, SOUND_FILES].some((known) => known.test(file.name)));
  if (items.length) return [...items, ...files.filter(({ file }) => LIST_FILES.test(file.name))];
  const whole = files.filter(({ file }) => WHOLE_FILES.test(file.name));
  if (!whole.length) throw new Error(NOTHING);
  if (whole.length > 1) throw new Error("Several tables or lists of words: a training takes one. Drop one of them.");
  return whole;
}

// A name for the folder that gathers the files: that of the dropped folder, and a number no other drop has.
function folderName(path) {
  const name = path.includes("/") ? path.split("/")[0] : "pictures";
  const clean = name.replace(/[^\w-]+/g, "-").slice(0, 24); // with the number at most 40, which the server takes
  return `${clean}-${Date.now().toString(36)}`;
}
