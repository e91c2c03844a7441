package pages

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/slo"
	"cairncx.dev/cairn/internal/text"
)

// Page is one page.
type Page struct {
	// Name is the name of the file below the folder of the pages: [Index], [Contact], or [Folder] and [FileName] of a journey
	// or a follow-up.
	Name string
	// Journey is the name of the journey. It is "" for the index and for the contact policy.
	Journey string
	// Text is the page, in Markdown with the tables of GitHub.
	Text []byte
}

// Index is the name of the page that lists the journeys and the objectives, Contact that of the page of the contact policy, and Folder that of
// the folder in which the journeys' pages are.
const (
	Index   = "journeys.md"
	Contact = "contact.md"
	Folder  = "journeys"
)

// Option is an option of [Generate].
type Option interface{ apply(*config) }

type optionFunc func(*config)

func (f optionFunc) apply(c *config) { f(c) }

type config struct{ source string }

// WithSource names what the blueprint comes from, such as its file. Each page has it in its last line. Default: none.
func WithSource(name string) Option { return optionFunc(func(c *config) { c.source = name }) }

// Generate returns the pages: the index, one for each journey and each follow-up in the order of the blueprint, and that of the contact policy, if there is
// one. The result is the same for the same blueprint and options. It fails if the blueprint is not valid, and if two journeys need files whose names differ in case alone.
func Generate(b *blueprint.Blueprint, opts ...Option) ([]Page, error) {
	var c config
	for _, o := range opts {
		if o != nil {
			o.apply(&c)
		}
	}
	if b == nil {
		return nil, errors.New("pages: the blueprint is nil: pass one")
	}
	if err := b.Validate(); err != nil {
		return nil, fmt.Errorf("pages: the blueprint is not valid:\n%w", err)
	}
	g := &generator{config: c, blueprint: b, objectives: b.AllObjectives()}
	list := []Page{{Name: Index, Text: g.index()}}
	var faults []error
	files := map[string]string{}
	add := func(journey string, text []byte) {
		name := FileName(journey)
		if other, taken := files[strings.ToLower(name)]; taken {
			faults = append(faults, fmt.Errorf("pages: the journeys %q and %q need files of one name where case does not matter: rename one of them", other, journey))
		}
		files[strings.ToLower(name)] = journey
		list = append(list, Page{Name: Folder + "/" + name, Journey: journey, Text: text})
	}
	for i := range b.Journeys {
		add(b.Journeys[i].Name, g.journey(&b.Journeys[i]))
	}
	for i := range b.FollowUps {
		add(b.FollowUps[i].Name, g.followUp(&b.FollowUps[i]))
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	if b.Contact != nil {
		list = append(list, Page{Name: Contact, Text: g.contact()})
	}
	return list, nil
}

// FileName returns the name of the file of a journey's page: its name with .md. Characters that a file's name or an address cannot have
// everywhere are escaped as in a URL. In a URL, escape the result again.
func FileName(journey string) string {
	return text.FileName(journey) + ".md"
}

type generator struct {
	config

	blueprint  *blueprint.Blueprint
	objectives []slo.Objective
}

// address returns a link from the index to the page of a journey.
func address(journey string) string {
	return fmt.Sprintf("[%s](%s/%s)", plain(journey), Folder, url.PathEscape(FileName(journey)))
}

// foot writes what made the page.
func (g *generator) foot(b *strings.Builder) {
	from := "a blueprint"
	if g.source != "" {
		from = "the blueprint " + plain(g.source)
	}
	fmt.Fprintf(b, "---\n\nMade by cairn generate pages from %s. Change the blueprint and generate again.\n", from)
}

// index writes the page that lists everything.
func (g *generator) index() []byte {
	b := new(strings.Builder)
	b.WriteString("# What we promise our customers\n\n")
	if len(g.blueprint.Journeys) > 0 {
		b.WriteString("## Journeys\n\n")
		rows := make([][]string, len(g.blueprint.Journeys))
		for i := range g.blueprint.Journeys {
			j := &g.blueprint.Journeys[i]
			rows[i] = []string{address(j.Name), plain(j.Description), plain(j.Owner)}
		}
		table(b, []string{"Journey", "What it is", "Owner"}, rows)
	}
	if len(g.objectives) > 0 {
		b.WriteString("## Objectives\n\nAn objective says which share of what customers experience is to be good.\n\n")
		rows := make([][]string, len(g.objectives))
		for i := range g.objectives {
			o := &g.objectives[i]
			runbook := ""
			if o.Runbook != "" {
				runbook = link(o.Runbook)
			}
			rows[i] = []string{plain(o.Name), plain(claim(o)), plain(o.Owner), runbook}
		}
		table(b, []string{"Objective", "What is promised", "Owner", "Runbook"}, rows)
	}
	g.followUps(b)
	g.queues(b)
	if g.blueprint.Contact != nil {
		fmt.Fprintf(b, "## Contacting customers\n\n[When we may contact a customer](%s): for what, on which channels, how often and when.\n\n", Contact)
	}
	g.actions(b)
	g.breakdowns(b)
	g.touchpoints(b, "## Touchpoints that belong to no journey\n\n", "")
	g.surveys(b, "## Surveys that belong to no journey\n\n", "")
	g.foot(b)
	return []byte(b.String())
}
