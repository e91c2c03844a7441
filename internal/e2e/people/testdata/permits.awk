# Permits turns the permit log with its derived columns into the log that people.awk reads. A row is a contact with one leg: its group is the
# queue, it was in the queue if it has a wait, an employee has answered it if it names one or has a time of talk, hold or wrap, and who was
# not answered has left. The customer is the case.
BEGIN {
	FS = ","; OFS = "\t"
	channel["Internet"] = "web"; channel["Desk"] = "in_person"; channel["e-mail"] = "email"; channel["Post"] = "post"; channel["Intern"] = "other"
}
# days are those since 1970-01-01 in the Gregorian calendar.
function days(y, m, d) { if (m < 3) { y--; m += 12 } return 365*y + int(y/4) - int(y/100) + int(y/400) + int((153*(m-3)+2)/5) + d - 719469 }
function instant(s) { # such as 2011-10-11 13:45:40.276000+02:00
	return ((days(substr(s,1,4)+0, substr(s,6,2)+0, substr(s,9,2)+0) * 24 + substr(s,12,2) - (substr(s,27,1) "1") * substr(s,28,2)) * 60 + substr(s,15,2)) * 60000 + substr(s,18,2) * 1000 + substr(s,21,3)
}
function span(s,   p, n) { # seconds, or minutes and seconds
	n = split(s, p, ":")
	return int((n == 2 ? p[1] * 60 + p[2] : s) * 1000 + 0.5)
}
NR > 1 {
	answered = $6 != "" || span($8) > 0 || span($9) > 0 || span($10) > 0
	at = sprintf("%.0f", instant($3)) # print shortens great numbers
	print "C", NR, at, span($7) + span($8) + span($9), $2, channel[$4], "inbound", "customer", $1, $11, ""
	print "L", NR, at, $5, $7 != "", answered ? "agent" : "", span($7), span($8), span($9), 0, span($10), answered ? "finished" : "abandoned", 0
}
