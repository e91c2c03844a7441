package gogen

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"cairncx.dev/cairn/touchpoint"
)

func (g *generator) purposeID(name string) string {
	return g.names.of("Purpose", fmt.Sprintf("the purpose %q", name), name)
}

func (g *generator) holdID(name string) string {
	return g.names.of("Hold", fmt.Sprintf("the hold %q", name), name)
}

// contact writes the contact policy, with a type for its purposes and one for its holds.
func (g *generator) contact() {
	c := g.blueprint.Contact
	if c == nil {
		return
	}
	policy := g.blueprint.ContactPolicy()
	g.imports["context"] = true
	g.uses("cx/event", "")
	g.uses("touchpoint", "")
	g.body.WriteString(purposeType)
	g.line("// The purposes of the contact policy.\nvar (")
	for i := range c.Purposes {
		u := &c.Purposes[i]
		g.variable(g.purposeID(u.Name), "Purpose", u.Name, u.Description, u.Owner)
	}
	g.line(")\n")
	if holds := g.blueprint.Holds(); len(holds) > 0 {
		g.body.WriteString(holdType)
		g.line("// The open matters that stop purposes.\nvar (")
		for _, name := range holds {
			g.variable(g.holdID(name), "Hold", name, "", "")
		}
		g.line(")\n")
	}
	g.about("ContactPolicy", "contact policy", policy.Name(), c.Description, c.Owner)
	g.line("var ContactPolicy = touchpoint.DefineContactPolicy(%s,", strconv.Quote(policy.Name()))
	for _, t := range policy.Terms() {
		g.terms(&t)
	}
	for _, limit := range policy.Together() {
		names := make([]string, len(limit.Purposes))
		for i, name := range limit.Purposes {
			names[i] = g.purposeID(name) + ".name"
		}
		g.line("touchpoint.CapTogether(%d, %s, %s),", limit.Most, g.expr(duration(limit.Within)), strings.Join(names, ", "))
	}
	if c.Wait != 0 {
		g.line("touchpoint.ContactWait(%s),", g.expr(duration(policy.Wait())))
	}
	g.line(")\n")
	g.all = append(g.all, "ContactPolicy")
}

// variable writes a purpose or a hold.
func (g *generator) variable(id, typ, name, description, owner string) {
	if owner != "" {
		owner = "Owner: " + sentence(owner)
	}
	if description != "" || owner != "" {
		comment(&g.body, "\t", strings.TrimSpace(id+": "+sentence(description)), owner)
	}
	g.line("%s = %s{%s}", id, typ, strconv.Quote(name))
}

// terms writes the option of a purpose.
func (g *generator) terms(t *touchpoint.ContactTerms) {
	options := []string{g.purposeID(t.Name) + ".name"}
	if len(t.Channels) > 0 {
		options = append(options, "touchpoint.OnlyOn("+g.channels(t)+")")
	}
	if t.Consent {
		options = append(options, "touchpoint.NeedsConsent()")
	}
	if len(t.Stops) > 0 {
		holds := make([]string, len(t.Stops))
		for i, name := range t.Stops {
			holds[i] = g.holdID(name) + ".name"
		}
		options = append(options, "touchpoint.StoppedBy("+strings.Join(holds, ", ")+")")
	}
	for _, c := range t.Caps {
		arguments := []string{strconv.Itoa(c.Most), g.expr(duration(c.Within))}
		for _, ch := range c.Channels {
			arguments = append(arguments, g.expr(channel(ch)))
		}
		options = append(options, "touchpoint.Cap("+strings.Join(arguments, ", ")+")")
	}
	if t.Quiet != nil {
		options = append(options, "touchpoint.QuietHours("+g.hoursID(t.Quiet.Name())+")")
	}
	if t.Life != usualLife() {
		options = append(options, "touchpoint.GrantLife("+g.expr(duration(t.Life))+")")
	}
	if t.Unchecked {
		options = append(options, "touchpoint.GrantedIfUnknown()")
	}
	between := ", "
	if len(options) > 2 {
		between = ",\n"
	}
	g.line("touchpoint.Purpose(%s),", strings.Join(options, between))
}

func (g *generator) channels(t *touchpoint.ContactTerms) string {
	list := make([]string, len(t.Channels))
	for i, c := range t.Channels {
		list[i] = g.expr(channel(c))
	}
	return strings.Join(list, ", ")
}

// usualLife is the default of [touchpoint.GrantLife].
func usualLife() time.Duration {
	return touchpoint.DefineContactPolicy("", touchpoint.Purpose("")).Terms()[0].Life
}

// purposeType and holdType are the types of what the policy names. Code outside the package has no other values of them than its
// variables, so that a purpose which the blueprint does not have does not compile.
const (
	purposeType = `// Purpose is a purpose of the contact policy. The variables of this package are all that there are; the zero value is refused.
type Purpose struct{ name string }

// String returns the name of the purpose.
func (p Purpose) String() string { return p.name }

// Ask asks whether the customer may be contacted for the purpose, and reserves the contact. See touchpoint.ContactPolicy.
func (p Purpose) Ask(ctx context.Context, customer event.Customer, c event.Channel, opts ...touchpoint.AskOption) *touchpoint.Grant {
	return ContactPolicy.Ask(ctx, customer, p.name, c, opts...)
}

// May reports whether Ask would grant the contact now, and the rule that decides. It reserves nothing.
func (p Purpose) May(ctx context.Context, customer event.Customer, c event.Channel, opts ...touchpoint.AskOption) (ok bool, reason string) {
	return ContactPolicy.May(ctx, customer, p.name, c, opts...)
}

// Consent records that the customer consents to the purpose. The purpose of the permit is this one.
func (p Purpose) Consent(ctx context.Context, customer event.Customer, permit touchpoint.Permit) error {
	permit.Purpose = p.name
	return ContactPolicy.Consent(ctx, customer, permit)
}

// Withdraw records that the customer withdraws consent to the purpose, or objects to it. The purpose of the permit is this one.
func (p Purpose) Withdraw(ctx context.Context, customer event.Customer, permit touchpoint.Permit) error {
	permit.Purpose = p.name
	return ContactPolicy.Withdraw(ctx, customer, permit)
}

`
	holdType = `// Hold is an open matter of a customer that stops purposes. The variables of this package are all that there are.
type Hold struct{ name string }

// String returns the name of the hold.
func (h Hold) String() string { return h.name }

// Open records that the matter with the ID ref is open.
func (h Hold) Open(ctx context.Context, customer event.Customer, ref string) error {
	return ContactPolicy.OpenHold(ctx, customer, h.name, ref)
}

// Close records that the matter with the ID ref is closed.
func (h Hold) Close(ctx context.Context, customer event.Customer, ref string) error {
	return ContactPolicy.CloseHold(ctx, customer, h.name, ref)
}

`
)
