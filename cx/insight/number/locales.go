package number

// styles is how the locales of the Unicode CLDR 48 write numbers with Latin digits: the languages that ICU 78 knows, and their regions that write otherwise than the
// language. It is what testdata/cldr.mjs writes, which asks ICU. Marks of the direction of text are left out.
var styles = []struct {
	form
	tags string
}{
	{form{group: "\u00a0", decimal: ",", before: "", after: "%"}, "af en-CZ en-EE en-HU en-LT en-LV en-PT en-SK en-UA en-ZA es-CR ff kk ky os pt-AO tg uk uz sah prg"},
	{form{group: ",", decimal: ".", before: "", after: "%"}, "ak am ar bm bo cy en es-BR es-BZ es-CU es-DO es-GT es-HN es-MX es-NI es-PA es-PE es-PR es-SV es-US es-419 fa ga gd gv ha he ig ii ja yi ki kk-CN km kn ko ku-IQ kw lg mg mi mn ms mt my nd om pa-PK sd si sn so st sw ta-MY ta-SG th ti fil to ug ur yo zh zu haw yue ckb chr"},
	{form{group: ".", decimal: ",", before: "", after: "%"}, "ar-DZ ar-LB ar-LY ar-MA ar-MR ar-TN az bs el en-BE en-ES en-ID en-IT en-NL en-PL en-RO en-SI es-AR es-BO es-CL es-CO es-EC es-PY es-UY es-VE fy id is jv ln lo lu ms-BN ms-ID nl ps pt rw sc sg sr su sw-CD uz-AF vi wo ast fur"},
	{form{group: ",", decimal: ".", before: "", after: "%", indian: true}, "as bn en-IN gu hi ml mr ne or pa sa ta te kok"},
	{form{group: "\u00a0", decimal: ".", before: "", after: "%"}, "ba xh"},
	{form{group: "\u00a0", decimal: ",", before: "", after: "\u00a0%", least: 2}, "be ru-UA"},
	{form{group: "\u00a0", decimal: ",", before: "", after: "%", least: 2}, "bg et hu hy ie ka lv pl pt-CH pt-CV pt-GQ pt-GW pt-LU pt-MO pt-MZ pt-PT pt-ST pt-TL sq"},
	{form{group: "\u00a0", decimal: ",", before: "", after: "\u00a0%"}, "br cs cv de-AT en-FI en-NO en-SE fi fr-CA lt nb nn no ru se sk sv tk tt"},
	{form{group: ".", decimal: ",", before: "", after: "\u00a0%"}, "ca da de en-AT en-DE en-DK fo fr-LU fr-MA gl hr kl lb mk ro qu-BO rn dsb hsb nds"},
	{form{group: ",", decimal: ".", before: "", after: "\u00a0%"}, "ce qu"},
	{form{group: "'", decimal: ".", before: "", after: "%"}, "de-CH de-LI en-CH tn"},
	{form{group: ",", decimal: ".", before: "", after: "\u00a0%", indian: true}, "dz"},
	{form{group: ",", decimal: ".", before: "", after: "%", least: 3}, "ee"},
	{form{group: "\u202f", decimal: ",", before: "", after: "%"}, "en-FR en-GE eo fr-CH rm"},
	{form{group: ".", decimal: ",", before: "", after: "\u00a0%", least: 2}, "es sl"},
	{form{group: ".", decimal: ",", before: "%\u00a0", after: ""}, "eu"},
	{form{group: "\u202f", decimal: ",", before: "", after: "\u00a0%"}, "fr"},
	{form{group: ".", decimal: ",", before: "", after: "%", least: 2}, "ia it"},
	{form{group: "'", decimal: ".", before: "", after: "%", least: 2}, "it-CH"},
	{form{group: "\u060c", decimal: ".", before: "", after: "%"}, "ks"},
	{form{group: ".", decimal: ",", before: "%", after: ""}, "ku tr"},
	{form{group: "\u00a0", decimal: ",", before: "", after: "\u202f%"}, "oc"},
	{form{group: "'", decimal: ".", before: "", after: "\u00a0%"}, "gsw"},
	{form{group: "'", decimal: ",", before: "", after: "%"}, "wae"},
}
