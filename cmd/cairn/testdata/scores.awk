# Scores of a log of Cairn's events, one JSON object a line, by survey and version: an independent calculation for tests.
# It prints: survey version n positive negative sum low high asked answered dismissed bounced expired open
# low and high are those of the usual score of the scale: NPS in points, the mean of ces and stars, the share of csat and thumbs.
function field(s, name,   v) { # the value of a text or a number
	if (!match(s, "\"" name "\":(\"[^\"]*\"|-?[0-9.]+|true)")) return ""
	v = substr(s, RSTART + length(name) + 3, RLENGTH - length(name) - 3)
	gsub(/"/, "", v)
	return v
}
function good(scale) { return scale == "nps" ? 9 : scale == "ces" ? 5 : scale == "thumbs" ? 1 : 4 }
function bad(scale) { return scale == "nps" ? 6 : scale == "ces" ? 3 : scale == "thumbs" ? 0 : 2 }
function clip(v, a, b) { return v < a ? a : v > b ? b : v }
/"actor":"synthetic"/ { next }
{
	id = field($0, "id"); kind = field($0, "kind"); time = field($0, "time")
	if (seen[id]++ || !match($0, /"feedback":\{.*/)) next
	f = substr($0, RSTART); sub(/"testimonial":\{[^}]*\}/, "", f)
	survey = field(f, "survey"); version = field(f, "version"); scale = field(f, "scale"); request = field(f, "request")
	key = survey " " (version == "" ? "-" : version)
	if (kind == "survey.requested") { asked[id] = key; keys[key] = 1 }
	if (kind == "survey.closed") { end[request] = field(f, "ended") }
	if (kind == "feedback.received") {
		answer[id] = key; score[id] = field(f, "score") + 0; scales[key] = scale; keys[key] = 1
		if (request != "") end[request] = "answered"
	}
	if (kind == "feedback.amended" && scale != "") {
		of = field(f, "amends")
		if (time > at[of]) { at[of] = time; last[of] = field(f, "score") + 0 }
	}
}
END {
	z = 1.959963984540054
	for (id in answer) {
		k = answer[id]; s = (id in last) ? last[id] : score[id]
		n[k]++; sum[k] += s; squares[k] += s * s
		if (s >= good(scales[k])) p[k]++
		if (s <= bad(scales[k])) d[k]++
	}
	for (id in asked) { k = asked[id]; a[k]++; became[k, (id in end) ? end[id] : "open"]++ }
	for (k in keys) {
		scale = scales[k]; N = n[k]; P = p[k] + 0; D = d[k] + 0; low = high = 0
		if (N > 0 && (scale == "csat" || scale == "thumbs")) { # Wilson
			share = P / N; centre = (share + z * z / (2 * N)) / (1 + z * z / N)
			half = z * sqrt(share * (1 - share) / N + z * z / (4 * N * N)) / (1 + z * z / N)
			low = centre - half; high = centre + half
		} else if (N > 0 && scale == "nps") { # Rocks: three answers more, of which 3/4 promoters and 3/4 detractors
			pp = (P + 0.75) / (N + 3); dd = (D + 0.75) / (N + 3); half = z * sqrt((pp + dd - (pp - dd) ^ 2) / (N + 3))
			low = 100 * clip(pp - dd - half, -1, 1); high = 100 * clip(pp - dd + half, -1, 1)
		} else if (N > 0) { # the same for a mean
			l = 1; h = scale == "ces" ? 7 : 5; m = (l + h) / 2
			mean = (sum[k] + 0.75 * l + 0.75 * h + 1.5 * m) / (N + 3)
			half = z * sqrt(((squares[k] + 0.75 * l * l + 0.75 * h * h + 1.5 * m * m) / (N + 3) - mean * mean) / (N + 3))
			low = clip(mean - half, l, h); high = clip(mean + half, l, h)
		}
		printf "%s %d %d %d %d %.9g %.9g %d %d %d %d %d %d\n", k, N, P, D, sum[k], low, high, a[k], became[k, "answered"], became[k, "dismissed"], became[k, "bounced"], became[k, "expired"], became[k, "open"]
	}
}
