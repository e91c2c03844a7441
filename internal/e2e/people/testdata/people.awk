# People computes the numbers of contacts with people from a raw log, by the definitions in docs/queues.md, docs/support.md, the registry
# (cx/telemetry/semconv/README.md) and exporters/sqlarchive/README.md, without Cairn and without SQL. It prints a name and a value a line.
#
# The log has tabs, and times in milliseconds:
#   S  over  customer  intent                                     self-service that has failed
#   C  number  begin  took  touchpoint  channel  direction  actor  customer  intent  claimed
#   L  number  begin  queue  queued  who  wait  talk  hold  holds  wrap  end  warm      a leg; who is agent, bot or nobody (empty)
#   M  number  at  who                                            a message: customer, agent, bot or note
#   D  number  what  approval  waited  refused  approver          a decision; each of the last four says that it needed an approval
#
# Variables: queues and intents are what the client declares, levels the queues with a service level, hours those that are not always open,
# each with commas around each name; no intents is every one. within, short (seconds), variant and flow are the service level.
BEGIN {
	FS = "\t"; OFS = "\t"; DAY = 86400000; WINDOW = 7 * DAY
	nw = split("1 5 10 20 30 60 120 300 600 1200 1800 3600 7200", waitB, " ")
	nh = split("15 30 60 120 180 240 300 450 600 900 1200 1800 3600 7200", handleB, " ")
	nr = split("60 300 900 1800 3600 7200 14400 28800 43200 86400 172800 345600 604800", replyB, " ")
}
function declared(list, name) { return index(list, "," name ",") > 0 }
function folded(list, name) { return name == "" || list == "" || declared(list, name) ? name : "_other" }
function none(s) { return s == "" ? "(none)" : s }
function add(name, n) { value[name] += n }
function met(name,   who) { # the customers of a time; one who is not known is another one in each contact
	who = customer == "" ? "contact " id : customer
	if (!((name, who) in knows)) { knows[name, who]; add("customers " name, 1) }
}
function observe(name, ms, bounds, n,   i) { # a histogram; the bound belongs to the bucket
	add(name " count", 1); add(name " sum", ms / 1000)
	for (i = 1; i <= n && ms / 1000 > bounds[i]; i++) ;
	add(name " le=" (i <= n ? bounds[i] : "+Inf"), 1)
}
function labels(q) { return q == "" ? "" : ",cx.queue.name=" q }

$1 == "S" { failed[$3 SUBSEP folded(intents, $4)] = failed[$3 SUBSEP folded(intents, $4)] " " $2; next }

$1 == "C" {
	done()
	id = $2; begin = $3; took = $4; name = $5; channel = $6; direction = $7; real = $8 != "synthetic"; customer = $9; intent = folded(intents, $10); claimed = $11
	answered = 0; queue = ""; nmsg = 0; nlegs = 0; open = 1
	delete been; delete sawqueue; passed = ""
	next
}

function known(s) { return s != "" && s != "_other" }

# done counts what follows from all lines of a contact.
function done(   k, m, cover) {
	if (!open) return
	open = 0
	thread()
	if (!real) return
	if (passed != "") add("cx.contact.transfers{cx.channel=" channel labels(passedq) ",cx.transfer.return=false,cx.transfer.warm=" passed "}", 1)
	add("tally all contacts", 1)
	if (answered) add("tally all answered", 1)
	if (direction != "inbound") return
	cover = known(intent) ? (customer != "" ? "known" : "no_customer") : (customer != "" ? "no_intent" : "neither")
	add("cx.effort.contacts{cx.effort.coverage=" cover "}", 1)
	k = "sql.first " week(begin)
	add(k " contacts", 1)
	if (cover == "known") {
		covered[k]++
		k = customer SUBSEP intent
		for (m = ++n[k]; m > 1 && at[k, m - 1] > begin; m--) { # at its place
			at[k, m] = at[k, m - 1]; to[k, m] = to[k, m - 1]; helped[k, m] = helped[k, m - 1]; by[k, m] = by[k, m - 1]; said[k, m] = said[k, m - 1]
		}
		at[k, m] = begin; to[k, m] = begin + took; helped[k, m] = answered; by[k, m] = channel; said[k, m] = claimed
	}
	add("resolve contacts", 1)
	if (cover == "known") add("resolve known", 1)
}
function week(ms,   day) { day = int(ms / DAY); return day - (day + 3) % 7 } # the Monday: 1 January 1970 was a Thursday

$1 == "L" {
	nlegs++
	q = folded(queues, $4); queued = $5; agent = $6 == "agent"; bot = $6 == "bot"; wait = $7; talk = $8; hold = $9; holds = $10; wrap = $11; end = $12; warm = $13
	if (passed != "") { # the leg before was passed on by a person: did it go back?
		add("cx.contact.transfers{cx.channel=" channel labels(passedq) ",cx.transfer.return=" (q in been && q != "" ? "true" : "false") ",cx.transfer.warm=" passed "}", 1)
		if (q in been && q != "") add("tally all returns", 1)
		passed = ""
	}
	if (!bot) been[q]
	if (!bot && queue == "" && q != "") queue = q
	if (agent) answered = 1
	if (!real || bot) next
	k = "sql.contacts " none(q) " " none(channel)
	if (!(q in sawqueue)) { sawqueue[q]; add(k " contacts", 1) }
	add(k " queued", 0); add(k " answered", 0); add(k " abandoned", 0); add(k " handled", 0); add(k " transfers", 0)
	if (queued) leg(k)
	if (agent) {
		add(k " handled", 1); add(k " handle_sum", talk + hold + wrap)
		add("tally " none(q) " handled", 1); add("tally " none(q) " handling_ms", talk + hold + wrap); met("tally " none(q) " handling_ms")
		observe("cx.contact.handle.duration{cx.channel=" channel labels(q) "}", talk + hold + wrap, handleB, nh)
		if (hold > 0 || holds > 0) observe("cx.touchpoint.wait.duration{" substr(labels(q) ",", 2) "cx.touchpoint.name=" name ",cx.wait.kind=hold}", hold, waitB, nw)
		if (end == "transferred") {
			add(k " transfers", 1); add("tally all transfers", 1)
			passed = warm ? "true" : "false"; passedq = q
		}
	}
	next
}

# leg counts the time in a queue.
function leg(k,   how, isShort, res, counted, good, t, iv) {
	how = agent ? "answered" : end == "abandoned" || end == "overflowed" || end == "callback" || end == "closed" ? end : "unknown"
	isShort = how == "abandoned" && wait < (declared(levels, q) ? short : 6) * 1000
	add(k " queued", 1)
	if (how == "answered") { add(k " answered", 1); add(k " wait_sum", wait) }
	if (how == "abandoned" && wait >= 6000) add(k " abandoned", 1)
	if (how != "abandoned" || wait >= 6000) base[k]++
	# by the level of the queue
	if (isShort) counted = good = 0
	else if (wait > within * 1000) { counted = 1; good = 0 }
	else if (how == "answered") counted = good = 1
	else if (how == "abandoned") { counted = variant != "ignored"; good = variant == "positive" }
	else { counted = flow && how != "unknown"; good = 0 }
	res = ""
	if (declared(levels, q)) res = ",cx.queue.result=" (good ? "good" : counted ? "bad" : "excluded"); else counted = good = 0
	add("cx.queue.contacts{cx.channel=" channel ",cx.queue.end=" (isShort ? "short_abandoned" : how) ",cx.queue.name=" (q == "" ? "_other" : q) res "}", 1)
	observe("cx.touchpoint.wait.duration{cx.queue.end=" (isShort ? "short_abandoned" : how) labels(q) ",cx.touchpoint.name=" name ",cx.wait.kind=queue}", wait, waitB, nw)
	t = "tally " none(q)
	iv = "table " sprintf("%.0f", int($3 / 1800000) * 1800) " " none(q)
	add(t " queued", 1); add(iv " queued", 1)
	if (how == "answered") { add(t " answered", 1); add(t " waited_ms", wait); add(iv " answered", 1); add(iv " waited_ms", wait); met(t " waited_ms"); met(iv " waited_ms") }
	add(t " " (isShort ? "short" : how), how == "answered" ? 0 : 1)
	add(t " counted", counted); add(t " good", good); add(iv " counted", counted); add(iv " good", good)
	# the documented query: 20 seconds, 6 seconds, flow-outs do not count, in three variants
	if (how == "abandoned" && wait < 6000) return
	t = "sql.level " none(q) " " none(channel)
	if (wait > 20000) add(t " counted", 1)
	else if (how == "answered") { add(t " counted", 1); early[t]++ }
	else if (how == "abandoned") { add(t " counted", 1); gone[t]++ }
}

$1 == "M" { nmsg++; msg[nmsg] = $3; who[nmsg] = $4; next }

# thread counts the replies to the messages of the contact.
function thread(   i, waits, since, r, first) {
	for (i = 1; i <= nmsg; i++) {
		if (who[i] == "customer") { if (!waits) { waits = 1; since = msg[i] } }
		else if (who[i] == "agent" && waits) { waits = 0; answered = 1; if (real) reply(first++ ? "next" : "first", since, msg[i]) }
	}
	if (real && nmsg && !first && waits) add("tally " none(queue) " unreplied", 1)
}
function reply(kind, from, until,   k, o) {
	o = opened(from, until)
	k = "sql.replies " none(queue) " " kind
	add(k " replies", 1); add(k " sum", until - from); add(k " opensum", o)
	add("tally " none(queue) " " kind " replies", 1); add("tally " none(queue) " " kind " after_ms", until - from); add("tally " none(queue) " " kind " open_ms", o); met("tally " none(queue) " " kind " after_ms"); met("tally " none(queue) " " kind " open_ms")
	observe("cx.contact.reply.duration{cx.channel=" channel labels(queue) ",cx.reply.hours=all,cx.reply.kind=" kind "}", until - from, replyB, nr)
	if (declared(hours, queue)) observe("cx.contact.reply.duration{cx.channel=" channel labels(queue) ",cx.reply.hours=open,cx.reply.kind=" kind "}", o, replyB, nr)
}
# opened is the time from Monday to Friday, 9:00 to 17:30, UTC.
function opened(from, until,   day, a, b, sum) {
	for (day = int(from / DAY); day * DAY < until; day++) {
		if ((day + 3) % 7 >= 5) continue
		a = day * DAY + 9 * 3600000; b = day * DAY + 17.5 * 3600000
		if (from > a) a = from
		if (until < b) b = until
		if (b > a) sum += b - a
	}
	return sum + 0
}

$1 == "D" {
	if (!real) next
	need = $4 || $5 > 0 || $6 || $7 != ""
	add("cx.employee.decisions{cx.decision.approval=" (!need ? "none" : $6 ? "refused" : "granted") ",cx.decision.what=" ($3 == "" ? "_other" : $3) "}", 1)
	if (need) observe("cx.touchpoint.wait.duration{cx.touchpoint.name=" name ",cx.wait.kind=approval}", $5, waitB, nw)
	k = "sql.decisions " ($3 == "" ? "(not said)" : $3) " " (need ? "1" : "0")
	add(k " decisions", 1); add(k " ~lost_seconds", $5 / 1000); add(k " refused", $6); all[$3 == "" ? "(not said)" : $3]++
	if (claimed != "") says[k]++
	if (claimed == "yes") yes[k]++
}

# efforts finds the efforts of each customer and intent. Contacts are one effort as long as each begins within the window after the end of
# those before. An effort with one answered contact, after which none began, is resolved at the first contact.
function efforts(   k, i, j, last, parts) {
	for (k in n) {
		for (i = 1; i <= n[k]; i = j) {
			last = to[k, i]
			for (j = i + 1; j <= n[k] && at[k, j] - last <= WINDOW; j++) if (to[k, j] > last) last = to[k, j]
			split(k, parts, SUBSEP)
			effort(k, parts[2], i, j - 1, last)
		}
	}
}
function effort(k, what, i, j, last,   m, c, answers, switches, ch, res, from, f, x, w) {
	c = "unsaid"; ch = ""
	for (m = i; m <= j; m++) {
		if (helped[k, m]) { answers++; c = said[k, m] == "" ? "unsaid" : said[k, m] }
		if (by[k, m] != "") { if (ch != "" && ch != by[k, m]) switches++; ch = by[k, m] }
	}
	res = !answers ? "unanswered" : answers == 1 && helped[k, j] ? "first_contact" : "repeated"
	from = "false"
	x = split(failed[k], f, " ")
	for (m = 1; m <= x; m++) if (f[m] <= at[k, i] && at[k, i] - f[m] <= WINDOW) from = "true"
	add("cx.effort.ended{cx.effort.claimed=" c ",cx.effort.escalated=" from ",cx.effort.result=" res ",cx.intent=" what "}", 1)
	add("cx.effort.repeats{cx.intent=" what "}", j - i)
	add("cx.effort.switches{cx.intent=" what "}", switches)
	add("resolve repeats", j - i); add("resolve " (res == "unanswered" ? "unanswered" : "efforts"), 1)
	if (res == "first_contact") add("resolve first", 1)
	w = "sql.first " week(last + WINDOW)
	if (answers) told[w]++; else nobody[w]++
	toldany[w]++
	repeated[w] += j - i
	switched[w] += switches
	if (res == "first_contact") once[w]++
}

# share prints a quotient that a query rounds, or NULL.
function share(name, a, b) { print name, (b > 0 ? sprintf("%.15g", a / b) : "NULL") }

END {
	done()
	efforts()
	for (k in value) {
		if (k ~ /^sql.* (handle_sum|wait_sum|sum|opensum)$/) continue
		if (value[k] != 0 || k ~ /^sql/) print k, sprintf("%.15g", value[k])
	}
	for (k in value) {
		if (k ~ /^sql.contacts .* contacts$/) {
			sub(/ contacts$/, "", k)
			share(k " ~speed_of_answer_seconds", value[k " wait_sum"] / 1000, value[k " answered"])
			share(k " ~abandonment_percent", 100 * value[k " abandoned"], base[k])
			share(k " ~handle_seconds", value[k " handle_sum"] / 1000, value[k " handled"])
			print k " +waited", sprintf("%.15g", value[k " wait_sum"] / 1000); print k " +worked", sprintf("%.15g", value[k " handle_sum"] / 1000)
		} else if (k ~ /^sql.level .* counted$/) {
			sub(/ counted$/, "", k)
			c = value[k " counted"]
			print k " in_time", early[k] + 0
			share(k " ~negative_percent", 100 * early[k], c); share(k " ~ignored_percent", 100 * early[k], c - gone[k]); share(k " ~positive_percent", 100 * (early[k] + gone[k]), c)
		} else if (k ~ /^sql.replies .* replies$/) {
			sub(/ replies$/, "", k)
			share(k " ~mean_seconds", value[k " sum"] / 1000, value[k " replies"]); share(k " ~open_seconds", value[k " opensum"] / 1000, value[k " replies"])
		} else if (k ~ /^sql.decisions .* decisions$/) {
			sub(/ decisions$/, "", k)
			split(k, parts, " "); what = k; sub(/^sql.decisions /, "", what); sub(/ [01]$/, "", what)
			share(k " ~percent", 100 * value[k " decisions"], all[what]); share(k " ~resolved_percent", 100 * yes[k], says[k])
		}
	}
	for (k in toldany) weeks[k]
	for (k in value) if (k ~ /^sql.first .* contacts$/) { sub(/ contacts$/, "", k); weeks[k] }
	for (k in weeks) {
		if (!((k " contacts") in value)) print k " contacts", 0
		share(k " ~coverage_percent", 100 * covered[k], value[k " contacts"])
		share(k " ~first_contact_percent", 100 * once[k], told[k])
		print k " efforts", told[k] + 0; print k " first_contact", once[k] + 0; print k " repeats", repeated[k] + 0
		print k " unanswered", nobody[k] + 0; print k " switches", switched[k] + 0
	}
}
