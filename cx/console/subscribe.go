package console

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/report"
	"cairncx.dev/cairn/cx/insight/schedule"
	"cairncx.dev/cairn/cx/insight/subscribe"
)

// Subscriptions keeps who gets the reports of which plan: the List of cx/insight/subscribe, for example. It is safe for concurrent use. Its errors are logged, and
// have no address. A reader is told what those of cx/insight/subscribe mean, and of any other one that the list does not answer.
type Subscriptions interface {
	// Subscribed reports whether the address gets the reports of the plan.
	Subscribed(ctx context.Context, plan, address string) (bool, error)
	// Subscribe adds the address to the plan, or takes it away.
	Subscribe(ctx context.Context, plan, address string, on bool) error
}

// WithSubscriptions lets readers subscribe to the reports of the plans on the page of reports, and unsubscribe. A reader with the right insight.Numbers
// subscribes the verified address of insight.Viewer.Mail, and no other one. What makes the reports looks up the rights of an address when it sends: see
// cx/insight/subscribe. Default: none.
func WithSubscriptions(s Subscriptions, plans ...schedule.Plan) Option {
	return option(func(c *config) error {
		if s == nil || len(plans) == 0 {
			return errors.New("console: WithSubscriptions: give what keeps subscribers, and at least one plan")
		}
		for i := range plans {
			if plans[i].Name == "" || plans[i].Every >= report.Span {
				return errors.New("console: WithSubscriptions: a plan has no Name, or its Every is no period")
			}
		}
		c.subscriptions, c.plans = s, slices.Clone(plans)
		return nil
	})
}

// storeCall bounds a call of what keeps subscribers.
const storeCall = 5 * time.Second

// subscribable are the plans of the application, and whether the reader gets them.
type subscribable struct {
	Action string
	Mail   string
	Plans  []planShown
	Empty  *empty
}

type planShown struct {
	Name, Every string
	On          bool
}

func (v *visit) subscribable(ctx context.Context) (subscribable, error) {
	if !v.may(insight.Numbers) {
		return subscribable{}, &insight.DeniedError{Question: "Reports", Right: insight.Numbers}
	}
	s := subscribable{Action: v.link("reports/subscribe"), Mail: v.viewer.Mail}
	if s.Mail == "" {
		s.Empty = &empty{"Reports come by e-mail to verified addresses.", "It is not known which address is yours: the people who run the console can let you sign in with a provider that has verified it."}
		return s, nil
	}
	ctx, cancel := context.WithTimeout(ctx, storeCall)
	defer cancel()
	for i := range v.c.cfg.plans {
		p := &v.c.cfg.plans[i]
		on, err := v.c.cfg.subscriptions.Subscribed(ctx, p.Name, s.Mail)
		if err != nil {
			return s, v.c.subscriptionFault(ctx, err)
		}
		s.Plans = append(s.Plans, planShown{p.Name, "each " + p.Every.String(), on})
	}
	return s, nil
}

// subscribe subscribes the reader's own address to a plan, or takes it away, and sends the reader back.
func (c *Console) subscribe(w http.ResponseWriter, r *http.Request) {
	v, err := c.visit(r)
	if err == nil {
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		err = formFault(r.ParseForm())
	}
	if err == nil {
		err = v.subscribe(r.Context(), r.PostForm.Get("plan"), r.PostForm.Get("on") == "yes")
	}
	if err != nil {
		c.failed(w, r, err)
		return
	}
	http.Redirect(w, r, v.link("reports")+"#mail", http.StatusSeeOther) //nolint:gosec // it is a path of the console
}

func (v *visit) subscribe(ctx context.Context, plan string, on bool) error {
	switch {
	case !v.may(insight.Numbers):
		return &insight.DeniedError{Question: "Reports", Right: insight.Numbers}
	case strings.TrimSpace(v.viewer.Mail) == "", !slices.ContainsFunc(v.c.cfg.plans, func(p schedule.Plan) bool { return p.Name == plan }):
		return errNotHere
	}
	ctx, cancel := context.WithTimeout(ctx, storeCall)
	defer cancel()
	if err := v.c.cfg.subscriptions.Subscribe(ctx, plan, v.viewer.Mail, on); err != nil {
		return v.c.subscriptionFault(ctx, err)
	}
	return nil
}

// subscriptionFault says an error of what keeps subscribers in words, and logs it if the reader cannot mend it.
func (c *Console) subscriptionFault(ctx context.Context, err error) error {
	switch {
	case errors.Is(err, subscribe.ErrFull):
		return tells(http.StatusConflict, "This report has as many subscribers as it can have.", "Ask the people who run the console to send it to a list of addresses, or read it on the page of reports.")
	case errors.Is(err, subscribe.ErrAddress):
		return tells(http.StatusConflict, "Your address cannot get reports.", "It needs the form name@example.com, in letters without accents. Ask the people who run the console, or read the reports on their page.")
	case errors.Is(err, subscribe.ErrBusy):
		return tells(http.StatusServiceUnavailable, "Many readers change their subscriptions now.", "Nothing was changed. Try again in a few seconds.")
	}
	c.cfg.log.ErrorContext(ctx, "console: what keeps the subscribers of reports does not answer", "error", err)
	return tells(http.StatusServiceUnavailable, "The list of subscribers does not answer.", "Nothing else is lost: reports are on their page. Try again in a minute; the people who run the console find the reason in its log.")
}
