// Writes how the locales of the Unicode CLDR write numbers, with Latin digits, as ICU has them: the data of locales.go and the expected values of its tests.
//
//	node testdata/cldr.mjs table    # for locales.go: group, decimal, percent, digits before the first sign at least, Indian groups; and the tags
//	node testdata/cldr.mjs samples  # for testdata/cldr.tsv
//
// Marks of the direction of text, which stand around some signs, are left out.
const pairs = [];
for (const a of "abcdefghijklmnopqrstuvwxyz") for (const b of "abcdefghijklmnopqrstuvwxyz") pairs.push(a + b);
const names = new Intl.DisplayNames(["en"], { type: "region", fallback: "none" });
const regions = [...pairs.map((p) => p.toUpperCase()), "419", "150", "001"].filter((r) => { try { return names.of(r); } catch { return false; } });
const languages = Intl.NumberFormat.supportedLocalesOf([...pairs, ..."fil haw gsw kok yue ckb chr sah ast dsb hsb fur prg rm wae nds".split(" ")]).filter((l) => l.length <= 3);
const bare = (text) => text.replace(/[\u200e\u200f\u061c]/g, "");
const digits = (tag) => tag + "-u-nu-latn";
const write = (tag, n, options) => bare(new Intl.NumberFormat(digits(tag), options).format(n));
const parts = (tag, n) => new Intl.NumberFormat(digits(tag), { minimumFractionDigits: 1 }).formatToParts(n);

function style(tag) {
	const of = parts(tag, 12345678.5), find = (type) => bare(of.find((p) => p.type === type)?.value ?? "");
	const least = [1234, 12345, 123456].findIndex((n) => new Intl.NumberFormat(digits(tag)).formatToParts(n).some((p) => p.type === "group")) + 1;
	const indian = of.filter((p) => p.type === "integer").length === 4;
	return [find("group"), find("decimal"), write(tag, 0.12, { style: "percent" }).replace("12", "#"), least, indian ? "indian" : ""].join("|");
}

const known = new Map(); // a language, and its regions that write otherwise
for (const language of languages) {
	const usual = style(language);
	known.set(language, usual);
	for (const region of regions) {
		const tag = language + "-" + region;
		if (new Intl.NumberFormat(tag).resolvedOptions().locale === tag && style(tag) !== usual) known.set(tag, style(tag));
	}
}
for (const [tag, of] of known) if (!of.includes("%")) known.delete(tag); // these have a percent sign that goes with their own digits

if (process.argv[2] === "table") {
	const by = new Map();
	for (const [tag, of] of known) by.set(of, [...(by.get(of) ?? []), tag]);
	for (const [of, tags] of by) console.log(JSON.stringify(of).replace(/[\u0080-\uffff]/g, (c) => "\\u" + c.charCodeAt(0).toString(16).padStart(4, "0")) + "\t" + tags.join(" "));
} else {
	console.log(`# CLDR ${process.versions.cldr}, ICU ${process.versions.icu}: 1234, 12345, 12345678, 1234.5 and 12.3% in each locale`);
	for (const tag of known.keys()) {
		const one = { minimumFractionDigits: 1, maximumFractionDigits: 1 };
		console.log([tag, write(tag, 1234), write(tag, 12345), write(tag, 12345678), write(tag, 1234.5, one), write(tag, 0.123, { style: "percent", ...one })].join("\t"));
	}
}
