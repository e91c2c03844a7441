package sqlarchive

import (
	"encoding/json"
	"slices"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"cairncx.dev/cairn/cx/event"
)

// value is what a scan has read of a column. The type of the column says which field holds it; NULL is the zero value, and not ok.
type value struct {
	ok bool
	n  int64 // an integer, 1 for true, or microseconds since 1970
	f  float64
	s  string
	id event.ID
}

// moment returns a time, or the zero time for NULL.
func (v *value) moment() time.Time {
	if !v.ok {
		return time.Time{}
	}
	return time.UnixMicro(v.n).UTC()
}

// seconds returns a duration to the microsecond.
func (v *value) seconds() time.Duration { return microseconds(v.f) }

func (v *value) length() event.Seconds { return event.Seconds(microseconds(v.f)) }

// microseconds returns a number of seconds as a duration, rounded to the microsecond. A float64 has nanoseconds for about 24 days.
func microseconds(s float64) time.Duration {
	const exact, longest = 20 * 24 * 3600, 9223372036.0
	switch {
	case s > -exact && s < exact:
		return time.Duration(round(s * 1e9)).Round(time.Microsecond)
	case s >= longest:
		return longest * time.Second
	case s <= -longest:
		return -longest * time.Second
	default:
		return time.Duration(round(s*1e6)) * time.Microsecond
	}
}

// round rounds half away from zero.
func round(f float64) int64 {
	if f < 0 {
		return -int64(0.5 - f)
	}
	return int64(f + 0.5)
}

// is reports a truth.
func (v *value) is() bool { return v.n != 0 }

// details is the memory of one event that a scan gives. The next event has the same memory.
type details struct {
	e           event.Event
	value       event.Money
	variant     event.Variant
	transition  event.Transition
	friction    event.Friction
	promise     event.Promise
	feedback    event.Feedback
	previous    int
	testimonial event.Testimonial
	mention     event.Mention
	effort      event.Effort
	followUp    event.FollowUp
	action      event.Action
	contact     event.Contact
}

// builder makes events of rows.
type builder struct {
	values [numColumns]value
	words  *texts
	names  enums
	lists  map[string][]string // of the JSON arrays that came lately
	ids    []event.ID

	wanted     []string
	attributes map[string][]attribute.KeyValue // of the JSON objects that came lately
}

// keptLists bounds the caches of lists and of attributes.
const keptLists = 1 << 12

func newBuilder(wanted []string) *builder {
	return &builder{words: newTexts(), names: newEnums(), lists: map[string][]string{}, wanted: wanted, attributes: map[string][]attribute.KeyValue{}}
}

// enums has the values of closed vocabularies by their names. A name that this version does not know is the zero value.
type enums struct {
	channels   map[string]event.Channel
	actors     map[string]event.Actor
	directions map[string]event.Direction
	outcomes   map[string]event.Outcome
	zones      map[string]event.Zone
	scales     map[string]event.Scale
	verdicts   map[string]event.Verdict
	ends       map[string]event.SurveyEnd
	natures    map[string]event.Nature
	answers    map[string]event.YesNo
	legEnds    map[string]event.LegEnd
}

func newEnums() enums {
	return enums{
		named[event.Channel](), named[event.Actor](), named[event.Direction](), named[event.Outcome](), named[event.Zone](), named[event.Scale](),
		named[event.Verdict](), named[event.SurveyEnd](), named[event.Nature](), named[event.YesNo](), named[event.LegEnd](),
	}
}

// named returns the values that have a name.
func named[T interface {
	~uint8
	String() string
}]() map[string]T {
	m := map[string]T{}
	for i := range T(64) {
		if name := i.String(); name != "" {
			m[name] = i
		}
	}
	return m
}

// build makes d the event of the row of the table, without what only a contact with people has.
func (b *builder) build(t table, d *details) error {
	v := &b.values
	d.e = event.Event{
		ID: v[colID].id, Kind: event.Kind(v[colKind].s), Time: v[colTime].moment(), Stage: v[colStage].s, Visit: int(v[colVisit].n),
		Channel: b.names.channels[v[colChannel].s], Actor: b.names.actors[v[colActor].s], Direction: b.names.directions[v[colDirection].s],
		Outcome: b.names.outcomes[v[colOutcome].s], Cause: v[colCause].s, Intent: v[colIntent].s, Late: v[colLate].is(),
		Customer: event.Customer{Segment: v[colSegment].s, Account: v[colAccount].s},
	}
	if !v[colCustomerInferred].is() {
		d.e.Customer.Hash = v[colCustomer].s
	}
	if v[colRun].ok {
		d.e.Journey = event.Run{Namespace: v[colNamespace].s, Name: v[colJourney].s, ID: v[colRun].s}
	}
	if d.variant = (event.Variant{Release: v[colRelease].s, Experiment: v[colExperiment].s, Arm: v[colArm].s}); d.variant != (event.Variant{}) {
		d.e.Variant = &d.variant
	}
	if t != transitions {
		d.e.Touchpoint = v[colTouchpoint].s
	}
	switch t {
	case transitions:
		b.transition(d)
	case touchpoints:
		d.e.Duration, d.e.Zone, d.e.ErrorType = v[colDurationSeconds].seconds(), b.names.zones[v[colApdexZone].s], v[colErrorType].s
		b.effort(d)
		b.contact(d, "")
	case feedback:
		b.feedback(d)
	case followups:
		b.followUp(d)
	default:
		d.e.Duration = v[colDurationSeconds].seconds()
		b.promise(d)
		b.effort(d)
		b.contact(d, v[colRule].s)
		if v[colAction].ok {
			d.action = event.Action{Name: v[colAction].s, Owner: v[colOwner].s}
			d.e.Action = &d.action
		}
	}
	return b.attribute(d)
}

func (b *builder) transition(d *details) {
	v := &b.values
	d.e.Duration = v[colDurationSeconds].seconds()
	if v[colRun].ok {
		d.e.Journey.Version, d.e.Journey.Started = v[colVersion].s, v[colStarted].moment()
		if v[colValueAmount].ok {
			d.value = event.Money{Amount: v[colValueAmount].n, Currency: v[colValueCurrency].s}
			d.e.Journey.Value = &d.value
		}
	}
	d.transition = event.Transition{
		From: v[colFromStage].s, Visit: int(v[colFromVisit].n), Entered: v[colFromEntered].moment(), Partial: v[colPartial].is(),
		Failures: int(v[colFailures].n), LastCause: v[colLastCause].s, LastTouchpoint: v[colLastTouchpoint].s,
	}
	if v[colFrictionRepeats].ok {
		d.friction = event.Friction{
			Repeats: int(v[colFrictionRepeats].n), FailuresBeforeSuccess: int(v[colFrictionFailuresBeforeSuccess].n), Loops: int(v[colFrictionLoops].n),
			ChannelSwitches: int(v[colFrictionChannelSwitches].n), Overdue: int(v[colFrictionOverdue].n),
		}
		d.transition.Friction = &d.friction
	}
	if d.transition != (event.Transition{}) {
		d.e.Transition = &d.transition
	}
	switch {
	case v[colFollowup].ok:
		b.followUp(d)
	case v[colAction].ok:
		b.action(d)
	}
}

// followUp makes the follow-up of a run, or of a step of one of an earlier release, whose table has fewer columns.
func (b *builder) followUp(d *details) {
	v := &b.values
	if !v[colFollowup].ok {
		return
	}
	d.followUp = event.FollowUp{ID: v[colFollowup].s, Owner: v[colOwner].s, Feedback: v[colFeedbackID].id, Due: v[colDue].moment(), Remedy: v[colRemedy].s}
	f := &d.followUp
	if tableOf(d.e.Kind) == transitions {
		f.Severity, f.Rule, f.CausedBy = v[colSeverity].s, v[colOpenedBy].s, v[colCausedByID].id
		f.About = event.RunRef{Namespace: v[colAboutNamespace].s, Name: v[colAboutJourney].s, ID: v[colAboutRun].s}
		f.Skipped, f.Silence = b.list(v[colSkippedSteps].s), v[colSilenceSeconds].length()
	}
	d.e.FollowUp = f
}

func (b *builder) action(d *details) {
	v := &b.values
	b.ids = b.ids[:0]
	for _, text := range b.list(v[colFeedbackIDs].s) {
		var id event.ID
		if id.UnmarshalText([]byte(text)) == nil {
			b.ids = append(b.ids, id)
		}
	}
	d.action = event.Action{
		Name: v[colAction].s, Owner: v[colOwner].s, Feedbacks: b.ids[:len(b.ids):len(b.ids)], Cause: v[colActionCause].s,
		From: v[colActionFrom].moment(), Until: v[colActionUntil].moment(),
	}
	if len(b.ids) == 0 {
		d.action.Feedbacks = nil
	}
	d.e.Action = &d.action
}

func (b *builder) promise(d *details) {
	v := &b.values
	if !v[colPromise].ok {
		return
	}
	d.promise = event.Promise{Name: v[colPromise].s, Number: int(v[colNumber].n), Made: v[colMade].moment(), Due: v[colDue].moment(), ByHand: v[colByHand].is()}
	d.e.Promise = &d.promise
}

func (b *builder) effort(d *details) {
	v := &b.values
	if !v[colEffortContacts].ok {
		return
	}
	d.effort = event.Effort{
		Began: v[colEffortBegan].moment(), Window: v[colEffortWindowSeconds].length(), Contacts: int(v[colEffortContacts].n), Answered: int(v[colEffortAnswered].n),
		Switches: int(v[colEffortSwitches].n), From: v[colEffortFrom].s, FirstContact: v[colEffortFirstContact].is(),
	}
	d.e.Effort = &d.effort
}

func (b *builder) contact(d *details, rule string) {
	if d.contact = (event.Contact{Purpose: b.values[colPurpose].s, Rule: rule}); d.contact != (event.Contact{}) {
		d.e.Contact = &d.contact
	}
}

func (b *builder) feedback(d *details) {
	v := &b.values
	d.feedback = event.Feedback{
		Survey: v[colSurvey].s, Version: v[colSurveyVersion].s, Scale: b.names.scales[v[colScale].s], Score: int(v[colScore].n), Verdict: b.names.verdicts[v[colVerdict].s],
		Language: v[colLanguage].s, Causes: b.list(v[colCauses].s), Request: v[colRequestID].id, Ended: b.names.ends[v[colSurveyEnd].s], Shown: v[colShown].is(),
		Amends: v[colAmendsID].id, Source: v[colSource].s, Sentiment: b.names.verdicts[v[colSentiment].s],
	}
	f := &d.feedback
	some := v[colPreviousScore].ok
	if some {
		d.previous = int(v[colPreviousScore].n)
		f.Previous = &d.previous
	}
	d.mention = event.Mention{Nature: b.names.natures[v[colNature].s], Stars: v[colStars].f, Reach: int(v[colReach].n)}
	if d.mention != (event.Mention{}) {
		d.e.Mention = &d.mention
	}
	consent := v[colTestimonialText].is() || v[colTestimonialGiven].ok || v[colTestimonialWithdrawn].ok
	if consent && d.e.Kind == event.FeedbackAmended && f.Scale == 0 && !v[colComment].is() && len(f.Causes) == 0 && d.e.Mention == nil {
		d.testimonial = event.Testimonial{Given: v[colTestimonialGiven].moment(), Withdrawn: v[colTestimonialWithdrawn].moment()}
		f.Testimonial = &d.testimonial
	}
	some = some || f.Testimonial != nil || len(f.Causes) > 0 || f.Survey != "" || f.Version != "" || f.Scale != 0 || f.Score != 0 || f.Verdict != 0 || f.Language != "" ||
		!f.Request.IsZero() || f.Ended != 0 || f.Shown || !f.Amends.IsZero() || f.Source != "" || f.Sentiment != 0
	if some {
		d.e.Feedback = f
	}
}

// list returns the texts of a JSON array; NULL is none. The caller does not change it.
func (b *builder) list(text string) []string {
	if text == "" {
		return nil
	}
	if list, ok := b.lists[text]; ok {
		return list
	}
	var list []string
	if json.Unmarshal([]byte(text), &list) != nil || len(list) == 0 {
		list = nil // nothing that this package has written
	}
	if len(b.lists) >= keptLists {
		clear(b.lists)
	}
	b.lists[text] = list
	return list
}

// attribute sets the wanted attributes of the event. The column has the letter a and the object, or the letter e and the whole event.
func (b *builder) attribute(d *details) error {
	text := b.values[colEvent].s
	if text == "" || len(b.wanted) == 0 {
		return nil
	}
	list, ok := b.attributes[text]
	if !ok {
		doc := text[1:]
		if text[0] == 'a' {
			doc = `{"v":1,"kind":"k","time":"2000-01-01T00:00:00Z","attributes":` + doc + `}`
		}
		e, err := event.ParseJSON([]byte(doc))
		if err != nil {
			return err
		}
		list = slices.DeleteFunc(e.Attributes, func(kv attribute.KeyValue) bool { return !slices.Contains(b.wanted, string(kv.Key)) })
		if len(list) == 0 {
			list = nil
		}
		if len(b.attributes) >= keptLists {
			clear(b.attributes)
		}
		b.attributes[text] = list
	}
	d.e.Attributes = list
	return nil
}
