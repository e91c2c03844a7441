package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/sqlarchive"
	"cairncx.dev/cairn/feedback"
)

const followUpsArguments = `[ACTION] [FOLLOW-UP ID] --archive ARCHIVE

Shows what the company owes to customers who complained, or whose journey went wrong, and moves it on.
The ACTION is one of:

  list               the open follow-ups, the overdue ones first; this is what followups alone does
  show FOLLOW-UP ID  one follow-up with its promises and its history
  move FOLLOW-UP ID  record a step of a follow-up: --to, --blueprint, --store

FOLLOW-UP is its name in the blueprint, such as complaint. The ARCHIVE is the SQLite file or the
postgres:// URL of exporters/sqlarchive. The environment may give it as CAIRN_ARCHIVE. It knows what
services have exported, so that the last seconds may be missing.

move writes the step to the store of the services: sqlite:FILE, redis://…, rediss://… or postgres://….
The environment may give it as CAIRN_STORE. A service that shares the store takes the step from there,
tells it to the exporters, and calls its hooks. move waits for that, at most --wait. The blueprint has
to be that of the services, because it says which promises a step keeps. The steps are:

  acknowledged  the customer knows that the company has the matter
  assessed      it is known how serious it is: --severity
  investigated  it is known what happened: --cause
  escalated     another team has it: --owner
  resolved      the company has done what it can do: --remedy
  updated       the customer has heard from the company, without another step
  told          the customer knows the answer
  confirmed     the customer is content with it, which ends the follow-up
  closed        the customer was told and does not object, which ends it
  received      the customer objects: the promises are made anew
  withdrawn     the customer has withdrawn the matter, which ends it
  failed        the company cannot answer, which ends it: --cause

The exit code is 0 when it was done, 1 when it was not, 2 when the command line is wrong, and 3 when a step is
in the store and no service has taken it in time: it is not lost, and must not be recorded again.
`

const archiveVariable = "CAIRN_ARCHIVE"

// followUpsSettings holds the values of the flags of followups.
type followUpsSettings struct {
	matterSettings

	name, remedy, channel, promise string

	on event.Channel
}

// followUpsAction is one action, and the flags that it has beside those that all have.
type followUpsAction struct {
	name  string
	named bool // it is about one follow-up
	actionFlags
	run func(ctx context.Context, c *env, s *followUpsSettings) (code int, err error)
}

func followUpsActions() []followUpsAction {
	return []followUpsAction{
		{"list", false, actionFlags{nil, []string{"follow-up", "owner", "severity", "promise", "overdue", "all", "sort", "at", "tz"}}, listFollowUps},
		{"show", true, actionFlags{nil, []string{"tz"}}, showFollowUp},
		{"move", true, actionFlags{[]string{"to"}, []string{
			"blueprint", "b", "store", "store-prefix", "store-schema", "owner", "severity", "remedy", "cause", "note", "channel", "at", "tz", "wait",
		}}, moveFollowUp},
	}
}

// followUpsEverywhere are the flags of all actions.
var followUpsEverywhere = []string{"archive", "archive-schema", "namespace", "json"}

func followupsUsage() *usage { return followUpsFlags(&followUpsSettings{}) }

func followUpsFlags(s *followUpsSettings) *usage {
	flags := newUsage("followups", followUpsArguments)
	s.flags(flags)
	flags.StringVar(&s.namespace, "namespace", "", "the `NAMESPACE` of the services (default: list and show take all, and move takes that of the archive, or as the services do that of OTEL_RESOURCE_ATTRIBUTES)")
	flags.StringVar(&s.blueprint, "blueprint", "", "`FILE` with the follow-ups of the services")
	flags.StringVar(&s.name, "follow-up", "", "list only follow-ups with this `NAME`")
	flags.StringVar(&s.owner, "owner", "", "list only those of this `TEAM`; or the team that has it from the step on")
	flags.StringVar(&s.severity, "severity", "", "list only those of this `SEVERITY`; or how serious the matter is")
	flags.StringVar(&s.promise, "promise", "", "list only those that owe this `PROMISE`: acknowledged, answered or updated")
	flags.BoolVar(&s.overdue, "overdue", false, "list only those that are overdue")
	flags.BoolVar(&s.all, "all", false, "list also those that have ended")
	flags.StringVar(&s.order, "sort", "due", "list in the `ORDER` of due, age, owner or promise; the overdue ones come first in each")
	flags.StringVar(&s.remedy, "remedy", "", "what the company did for the customer, a `NAME` such as refund")
	flags.StringVar(&s.cause, "cause", "", "the `CAUSE` that was found, a name such as courier")
	flags.StringVar(&s.channel, "channel", "", "the `CHANNEL` by which the customer has heard, such as phone")
	flags.StringVar(&s.at, "at", "", "list as of this `TIME`; or when the step was taken (default now); a date stands for its beginning")
	return flags
}

// followups runs the command followups.
func followups(ctx context.Context, c *env, args []string) int {
	s := &followUpsSettings{}
	flags := followUpsFlags(s)
	list, code, done := parseMixed(c, flags, args)
	if done {
		return code
	}
	action, wrong := s.complete(flags, list, time.Now())
	if wrong != "" {
		return misused(c, flags, wrong)
	}
	code, err := action.run(ctx, c, s)
	if err != nil {
		_, _ = fmt.Fprintln(c.stderr, blueprintFault("followups "+s.action, err))
	}
	return code
}

// complete returns the action, or says what is wrong with the command line.
func (s *followUpsSettings) complete(flags *usage, list []string, now time.Time) (action followUpsAction, wrong string) {
	all := followUpsActions()
	names := make([]string, len(all))
	for i := range all {
		names[i] = all[i].name
	}
	at, list, wrong := s.takeAction(list, names)
	if wrong != "" {
		return action, wrong
	}
	action = all[at]
	switch {
	case !action.named && len(list) > 0:
		return action, fmt.Sprintf("%.80q is one argument too many: list takes flags only", list[0])
	case action.named && len(list) != 2:
		return action, s.action + " is about one follow-up: give its name and its ID, such as complaint 0199b3c2-5d1e-7a40-8c11-2f6a90d4e7b3"
	case action.named:
		s.name, s.id = list[0], list[1]
	}
	if wrong = action.check(s.action, followUpsEverywhere, flags); wrong != "" {
		return action, wrong
	}
	return action, s.parse(now)
}

// parse reads the values of the flags. It says what is wrong with one.
func (s *followUpsSettings) parse(now time.Time) (wrong string) {
	if wrong = s.parseTimes(now); wrong != "" {
		return wrong
	}
	promises := []string{feedback.PromiseAcknowledged, feedback.PromiseAnswered, feedback.PromiseUpdated}
	orders := []string{"due", "age", "owner", "promise"}
	switch {
	case !slices.Contains(orders, s.order):
		return fmt.Sprintf("--sort: there is no order %.80q: use %s%s", s.order, strings.Join(orders, ", "), meant(s.order, orders))
	case s.promise != "" && !slices.Contains(promises, s.promise):
		return fmt.Sprintf("--promise: there is no promise %.80q: use %s%s", s.promise, strings.Join(promises, ", "), meant(s.promise, promises))
	case s.to != "" && !slices.Contains(feedback.Moves(), s.to):
		return fmt.Sprintf("--to: there is no step %.80q: use %s%s", s.to, strings.Join(feedback.Moves(), ", "), meant(s.to, feedback.Moves()))
	case s.channel != "" && s.on.UnmarshalText([]byte(s.channel)) != nil:
		return fmt.Sprintf("--channel: there is no channel %.80q: use email, phone, post, chat, mobile, social, web, ivr, in_person, kiosk, api or other", s.channel)
	case s.action != "list" && !event.ValidID(s.id):
		return fmt.Sprintf("the ID is not 1 to %d bytes of UTF-8 without control characters", event.MaxID)
	}
	return ""
}

// one returns the follow-up that the command line names, from the archive.
func (s *followUpsSettings) one(ctx context.Context, r *sqlarchive.Reader) (*sqlarchive.FollowUp, error) {
	list, err := r.FollowUps(ctx, sqlarchive.WhichFollowUps{Namespace: s.namespace, Name: s.name, ID: s.id, Ended: true})
	switch {
	case err != nil:
		return nil, err
	case len(list) == 0:
		return nil, fmt.Errorf("the archive has no follow-up %.80q with the ID %.80q: cairn followups --all lists them with their whole IDs", s.name, s.id)
	case len(list) > 1:
		return nil, fmt.Errorf("the follow-up is in %d namespaces: name one by --namespace", len(list))
	default:
		return &list[0], nil
	}
}
