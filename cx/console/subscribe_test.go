package console_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"cairncx.dev/cairn/cx/console"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/report"
	"cairncx.dev/cairn/cx/insight/schedule"
	"cairncx.dev/cairn/cx/insight/subscribe"
	memorystore "cairncx.dev/cairn/cx/stores/memory"
)

// broken keeps nothing.
type broken struct{}

func (broken) Subscribed(context.Context, string, string) (bool, error) {
	return false, errors.New("SECRET")
}
func (broken) Subscribe(context.Context, string, string, bool) error { return errors.New("SECRET") }

// refusing returns the same error always.
type refusing struct{ error }

func (r refusing) Subscribed(context.Context, string, string) (bool, error) { return false, nil }
func (r refusing) Subscribe(context.Context, string, string, bool) error    { return r.error }

// TestSubscriptionFaults: a reader hears why it was not possible, and what to do, also by the link of a mail; and no page of a form asks again by itself.
func TestSubscriptionFaults(t *testing.T) {
	t.Parallel()
	table := loaded(t, desk("ticket"), crowd("ticket", ""))
	plan := schedule.Plan{Name: "week", Every: report.Week}
	for _, fault := range []struct {
		err  error
		code int
		says string
	}{
		{subscribe.ErrFull, http.StatusConflict, "a list of addresses"},
		{fmt.Errorf("the store: %w", subscribe.ErrAddress), http.StatusConflict, "name@example.com"},
		{subscribe.ErrBusy, http.StatusServiceUnavailable, "Try again in a few seconds"},
		{fmt.Errorf("SECRET: %w", context.DeadlineExceeded), http.StatusServiceUnavailable, "The list of subscribers does not answer"},
		{errors.New("SECRET"), http.StatusServiceUnavailable, "The list of subscribers does not answer"},
	} {
		c := served(t, table, console.WithSubscriptions(refusing{fault.err}, plan), console.WithUnsubscribe(func(string) (string, string, bool) { return "week", "lead@example.com", true }),
			console.WithViewer(func(*http.Request) (insight.Viewer, error) {
				return insight.Viewer{Rights: insight.Numbers, Mail: "lead@example.com"}, nil
			}))
		for _, address := range []string{"/reports/subscribe", "/unsubscribe/x"} {
			w := request(c, http.MethodPost, address, func(r *http.Request) {
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				r.Body = io.NopCloser(strings.NewReader("plan=week&on=yes"))
			})
			if body := w.Body.String(); w.Code != fault.code || !strings.Contains(body, fault.says) || strings.Contains(body, "SECRET") || strings.Contains(body, `http-equiv="refresh"`) {
				t.Errorf("%s: %v is answered with %d:\n%s", address, fault.err, w.Code, body)
			}
		}
	}
}

// TestSubscribeToReports: a reader subscribes the own verified address to a plan of the application, by POST from the same site alone, and leaves again.
func TestSubscribeToReports(t *testing.T) {
	t.Parallel()
	list, err := subscribe.New(new(memorystore.Store))
	if err != nil {
		t.Fatal(err)
	}
	plan := schedule.Plan{Name: `week of <b>"support"</b>`, Every: report.Week}
	table := loaded(t, desk("ticket"), crowd("ticket", ""))
	mail, rights := "lead@example.com", insight.Numbers
	as := func(s console.Subscriptions) *console.Console {
		return served(t, table, console.WithPath("/cx/"), console.WithSubscriptions(s, plan), console.WithViewer(func(*http.Request) (insight.Viewer, error) {
			return insight.Viewer{Rights: rights, Mail: mail}, nil
		}))
	}
	c := as(list)
	post := func(c *console.Console, form url.Values, change ...func(*http.Request)) int {
		return request(c, http.MethodPost, "/cx/reports/subscribe", append([]func(*http.Request){func(r *http.Request) {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Body = io.NopCloser(strings.NewReader(form.Encode()))
		}}, change...)...).Code
	}
	yes, no := url.Values{"plan": {plan.Name}, "on": {"yes"}}, url.Values{"plan": {plan.Name}, "on": {"no"}}
	is := func(want bool, reason string) {
		t.Helper()
		if on, err := list.Subscribed(t.Context(), plan.Name, "lead@example.com"); err != nil || on != want {
			t.Errorf("%s: subscribed is %v, %v", reason, on, err)
		}
	}
	body := request(c, http.MethodGet, "/cx/reports").Body.String()
	if !strings.Contains(body, ">Subscribe<") || strings.Contains(body, `<b>"support"`) {
		t.Error("the page does not offer the plan, or shows its name as it came")
	}
	if code := post(c, yes, func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }); code != http.StatusForbidden {
		t.Errorf("another site subscribes a reader: %d", code)
	}
	is(false, "after a form of another site")
	if code := request(c, http.MethodGet, "/cx/reports/subscribe?plan="+url.QueryEscape(plan.Name)+"&on=yes").Code; code != http.StatusNotFound {
		t.Errorf("GET is answered with %d", code)
	}
	is(false, "after GET")
	if code := post(c, yes); code != http.StatusSeeOther {
		t.Errorf("a reader subscribes: %d", code)
	}
	is(true, "after the form")
	if body := request(c, http.MethodGet, "/cx/reports").Body.String(); !strings.Contains(body, ">Unsubscribe<") || !strings.Contains(body, "lead@example.com") {
		t.Error("the page does not say that the reader gets it")
	}
	if code := post(c, url.Values{"plan": {plan.Name}, "on": {"yes"}, "mail": {"other@example.com"}, "address": {"other@example.com"}}); code != http.StatusSeeOther {
		t.Errorf("twice: %d", code)
	}
	if all, _ := list.Addresses(t.Context(), plan.Name); len(all) != 1 {
		t.Errorf("a form has subscribed %q", all)
	}
	if code := post(c, url.Values{"plan": {"another"}, "on": {"yes"}}); code != http.StatusNotFound {
		t.Errorf("a plan that is none: %d", code)
	}
	for body, reason := range map[string]string{"plan=%zz": "an escape that is none", "plan=" + strings.Repeat("a", 1<<17): "a form that is too long"} {
		if code := post(c, nil, func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader(body)) }); code != http.StatusBadRequest {
			t.Errorf("%s: %d", reason, code)
		}
	}
	if code := post(c, no); code != http.StatusSeeOther {
		t.Errorf("a reader leaves: %d", code)
	}
	is(false, "after leaving")
	if w := request(as(broken{}), http.MethodGet, "/cx/reports"); w.Code != http.StatusOK || strings.Contains(w.Body.String(), "SECRET") {
		t.Errorf("a store that is away: %d", w.Code)
	}
	rights = insight.Words
	if code := post(c, yes); code != http.StatusForbidden {
		t.Errorf("without the right: %d", code)
	}
	rights, mail = insight.Numbers, ""
	if code := post(c, yes); code != http.StatusNotFound {
		t.Errorf("without an address: %d", code)
	}
	if body := request(c, http.MethodGet, "/cx/reports").Body.String(); !strings.Contains(body, "verified") || strings.Contains(body, ">Subscribe<") {
		t.Error("a reader without an address is offered a plan")
	}
	if _, err := console.New(table, console.WithSubscriptions(nil, plan), console.WithSubscriptions(list), console.WithSubscriptions(list, schedule.Plan{})); err == nil || strings.Count(err.Error(), "WithSubscriptions") != 3 {
		t.Errorf("faulty options: %v", err)
	}
}
