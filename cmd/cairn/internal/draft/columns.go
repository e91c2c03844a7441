package draft

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"cairncx.dev/cairn/cmd/cairn/internal/eventlog"
	"cairncx.dev/cairn/cx/event"
)

// role is a meaning that a column may have.
type role struct {
	key string
	// names are the usual names of such columns, in lower case and without anything but letters and digits. The
	// most certain name is first.
	names []string
	// fits returns how well the values fit the role, from 0 (impossible) to 1.
	fits func(*column) float64
	into func(*eventlog.Columns) *string
	// need is the minimum score of name and values together.
	need float64
}

// column is the result of examining a column.
type column struct {
	name, folded string
	values       []string // without empty ones
	distinct     int
	times        float64 // the share of the values that may be times
	numbers      float64
	valid        float64 // the share of the values that may be names of touchpoints
	outcomes     float64
	channels     float64 // the share of the different values that are spellings of channels
}

// roles returns the roles in the order in which Guess assigns columns to them.
func roles() []role {
	return []role{
		{
			"time",
			[]string{"timestamp", "time", "timetimestamp", "at", "datetime", "eventtime", "occurredat", "completetimestamp", "endtime", "end", "finishedat", "updatedat", "updated", "changedat", "changed", "geändertam", "geaendertam", "createdat", "created", "date", "starttime", "start", "starttimestamp", "ts", "when", "erstelltam", "erfasstam", "zeit", "zeitstempel", "datum", "zeitpunkt"},
			fitsTime, func(c *eventlog.Columns) *string { return &c.Time }, 1,
		},
		{
			"case",
			[]string{"case", "caseid", "casenumber", "caseconceptname", "journeyid", "orderid", "ordernumber", "order", "ticketid", "ticketnumber", "ticketno", "ticketnr", "ticketnummer", "ticket", "applicationid", "application", "requestid", "request", "cartid", "cart", "sessionid", "session", "traceid", "runid", "run", "processid", "instanceid", "incidentid", "incidentnumber", "incident", "issuekey", "issueid", "claimid", "claim", "vorgangsnummer", "vorgangsnr", "fallid", "fallnummer", "fallnr", "auftragsnummer", "auftragsnr", "bestellnummer", "bestellnr", "antragsnummer", "antragsnr", "aktenzeichen", "vorgang", "fall", "auftrag", "bestellung", "antrag", "number", "nummer", "id"},
			fitsCase, func(c *eventlog.Columns) *string { return &c.Case }, 0.5,
		},
		{
			"activity",
			[]string{"activity", "conceptname", "activityname", "event", "eventname", "touchpoint", "step", "task", "taskname", "action", "eventtype", "operation", "stage", "status", "state", "type", "name", "aktivitaet", "aktivität", "schritt", "vorgangsschritt", "arbeitsschritt", "tätigkeit", "taetigkeit", "ereignis", "aktion", "vorgang"},
			fitsActivity, func(c *eventlog.Columns) *string { return &c.Activity }, 0.5,
		},
		{
			"channel",
			[]string{
				"channel", "channelname", "casechannel", "contactchannel", "ticketchannel", "medium", "via", "on", "kanal", "eingangskanal", "kontaktkanal", "kanalname",
				"source", "ticketsource", "quelle", "origin", "caseorigin", "herkunft", "contacttype", "contactmethod", "kontaktart", "kontaktweg", "eingangsart",
			},
			fitsChannel, func(c *eventlog.Columns) *string { return &c.Channel }, 1,
		},
		{
			"customer",
			[]string{"customer", "customerid", "user", "userid", "client", "clientid", "account", "accountid", "member", "memberid", "person", "personid", "kunde", "kundennummer"},
			func(c *column) float64 { return 1 - c.times }, func(c *eventlog.Columns) *string { return &c.Customer }, 1,
		},
		{
			"outcome",
			[]string{"outcome", "result", "ergebnis", "status"},
			func(c *column) float64 { return whole(c.outcomes) }, func(c *eventlog.Columns) *string { return &c.Outcome }, 1,
		},
	}
}

// whole returns 1 for a share of 1, and 0 for any other.
func whole(part float64) float64 {
	if part < 1 {
		return 0
	}
	return 1
}

func fitsTime(c *column) float64 {
	const most = 0.9 // a few values may be invalid
	switch {
	case c.times < most:
		return 0
	case c.numbers > 0.5:
		return 0.5 // an ID may look like a time
	default:
		return 1
	}
}

// fitsCase prefers a column of IDs that several rows share.
func fitsCase(c *column) float64 {
	const long = event.MaxID
	for _, v := range c.values {
		if len(v) > long {
			return 0
		}
	}
	switch {
	case c.times > 0.5 && c.numbers < 0.5, c.distinct == 0:
		return 0
	case c.distinct == 1, c.distinct == len(c.values):
		return 0.2
	default:
		return 0.5
	}
}

// fitsActivity prefers a column of names that many rows share.
func fitsActivity(c *column) float64 {
	switch {
	case c.times > 0.5 || c.valid < 0.5 || c.distinct == 0:
		return 0
	case c.numbers > 0.5, c.distinct == len(c.values):
		return 0.2
	default:
		return 0.3 + 0.2*fewValues(c, 200)
	}
}

// oftenOthers are names that columns of channels have, and columns of something else, too, such as the campaign that a customer came from.
var oftenOthers = []string{"source", "ticketsource", "quelle", "origin", "caseorigin", "herkunft", "contacttype", "contactmethod", "kontaktart", "kontaktweg", "eingangsart"}

// fitsChannel wants few values, of which half are spellings of channels where the name may be one of something else.
func fitsChannel(c *column) float64 {
	if c.channels < 0.5 && slices.Contains(oftenOthers, c.folded) {
		return 0
	}
	return fewValues(c, 40)
}

func fewValues(c *column, few int) float64 {
	if c.distinct == 0 || c.distinct > few || c.times > 0.5 {
		return 0
	}
	return 1
}

// MissingError is the error of a log without a recognisable column for a required role.
type MissingError struct {
	Missing []string // the roles without a column: case, activity or time
	Names   []string // the names of all columns
}

func (e *MissingError) Error() string {
	const most = 30
	return fmt.Sprintf("no column is clearly the %s: set --map %s=COLUMN; the columns are %.1000q",
		strings.Join(e.Missing, " or the "), strings.Join(e.Missing, "=COLUMN,"), e.Names[:min(len(e.Names), most)])
}

// Guess guesses the role of each column from its name and its first values. The columns in said are those that
// the user has set; Guess keeps them. The error is a [*MissingError].
func Guess(p *eventlog.Peeked, said eventlog.Columns) (eventlog.Columns, error) {
	taken := map[string]bool{"": true}
	for _, r := range roles() {
		taken[*r.into(&said)] = true
	}
	taken[said.Direction], taken[said.Purpose] = true, true // no column is guessed for them
	people := &said.People
	for _, name := range []string{people.Wait, people.Talk, people.Hold, people.Wrap, people.Group, people.Resource, people.Intent} {
		taken[name] = true // as above
	}
	for _, a := range said.Attributes {
		taken[a.Column] = true // the user has said what it is for, and no attribute is guessed
	}
	var list []*column
	for i, name := range p.Names {
		if once(p.Names, name) && !taken[name] {
			list = append(list, look(name, p.Rows, i))
		}
	}
	var missing []string
	for _, r := range roles() {
		into := r.into(&said)
		if *into != "" {
			continue
		}
		var best *column
		most := 0.0
		for _, c := range list {
			if score := r.score(c); !taken[c.name] && score > most {
				best, most = c, score
			}
		}
		if best != nil && most >= r.need {
			*into = best.name
			taken[best.name] = true
		} else if r.key == "case" || r.key == "activity" || r.key == "time" {
			missing = append(missing, r.key)
		}
	}
	if len(missing) > 0 {
		return said, &MissingError{missing, p.Names}
	}
	return said, nil
}

// score rates a column for the role: up to 1 for its name plus up to 1 for its values. Values that do not fit
// give 0.
func (r *role) score(c *column) float64 {
	fits := r.fits(c)
	if fits == 0 {
		return 0
	}
	for i, name := range r.names {
		if c.folded == name {
			return fits + 1 - 0.5*float64(i)/float64(len(r.names))
		}
	}
	if r.key == "channel" || r.key == "customer" || r.key == "outcome" {
		return 0 // only a name identifies these roles
	}
	const part = 0.2
	if strings.Contains(c.folded, r.names[0]) {
		return fits + part
	}
	return fits
}

func once(names []string, name string) bool {
	n := 0
	for _, other := range names {
		if strings.TrimSpace(other) == strings.TrimSpace(name) {
			n++
		}
	}
	return n == 1
}

// look examines the values of a column.
func look(name string, rows [][]string, at int) *column {
	c := &column{name: name, folded: fold(name)}
	seen := map[string]bool{}
	var times, numbers, valid, outcomes, channels float64
	for _, row := range rows {
		v := row[at]
		if v == "" {
			continue
		}
		c.values = append(c.values, v)
		if !seen[v] {
			seen[v] = true
			_, is := channelOf(v)
			channels += one(is)
		}
		may, number := eventlog.LooksLikeTime(v)
		times += one(may)
		numbers += one(number)
		valid += one(event.ValidName(v))
		outcomes += one(isOutcome(v))
	}
	c.distinct = len(seen)
	if n := float64(len(c.values)); n > 0 {
		c.times, c.numbers, c.valid, c.outcomes, c.channels = times/n, numbers/n, valid/n, outcomes/n, channels/float64(c.distinct)
	}
	return c
}

func one(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

func isOutcome(text string) bool {
	for _, o := range []event.Outcome{event.OK, event.Degraded, event.Failed, event.Cancelled, event.Abandoned} {
		if text == o.String() {
			return true
		}
	}
	return false
}

// fold reduces a name to its letters and digits in lower case.
func fold(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, name)
}
