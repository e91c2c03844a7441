package touchpoint_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/propagate"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

// TestSynthetic says by which requests nobody's experience is made.
func TestSynthetic(t *testing.T) {
	t.Parallel()
	const (
		chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
		google = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
	)
	says := func(kind touchpoint.SyntheticType) touchpoint.HandlerOption {
		return touchpoint.WithSynthetic(func(*http.Request) touchpoint.SyntheticType { return kind })
	}
	for _, c := range []struct {
		name, agent string
		opts        []touchpoint.HandlerOption
		want        event.Actor
	}{
		{"no agent", "", nil, event.ActorCustomer},
		{"a browser", chrome, nil, event.ActorCustomer},
		{"a program", "Go-http-client/1.1", nil, event.ActorCustomer},
		{"curl", "curl/8.9.1", nil, event.ActorCustomer},
		{"a crawler", google, nil, event.ActorSynthetic},
		{"a crawler on a telephone", chrome + " (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", nil, event.ActorSynthetic},
		{"another crawler", "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)", nil, event.ActorSynthetic},
		{"a spider", "Mozilla/5.0 (compatible; Baiduspider/2.0; +http://www.baidu.com/search/spider.html)", nil, event.ActorSynthetic},
		{"Kubernetes", "kube-probe/1.34", nil, event.ActorSynthetic},
		{"a load balancer", "ELB-HealthChecker/2.0", nil, event.ActorSynthetic},
		{"an uptime monitor", "Mozilla/5.0+(compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)", nil, event.ActorSynthetic},
		{"Pingdom", "Pingdom.com_bot_version_1.4_(http://www.pingdom.com/)", nil, event.ActorSynthetic},
		{"Datadog", "Datadog/Synthetics", nil, event.ActorSynthetic},
		{"Datadog's agent", "Datadog Agent/7.60", nil, event.ActorCustomer},
		{"k6", "k6/0.59.0 (https://k6.io/)", nil, event.ActorSynthetic},
		{"an assistant that acts for a customer", "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; ChatGPT-User/1.0; +https://openai.com/bot)", nil, event.ActorCustomer},
		{"a telephone of Cubot", "Mozilla/5.0 (Linux; Android 13; CUBOT/P80) AppleWebKit/537.36", nil, event.ActorCustomer},
		{"a model of Cubot", "Mozilla/5.0 (Linux; Android 9; CUBOT_X19_S) AppleWebKit/537.36", nil, event.ActorCustomer},
		{"the word bot alone", "my bot", nil, event.ActorCustomer},
		{"a version of nine", "Somebot/9.9", nil, event.ActorSynthetic},
		{"a version of nought", "Somebot/0.1", nil, event.ActorSynthetic},
		{"a version that is none", "Somebot/:1", nil, event.ActorCustomer},
		{"another that is none", "Somebot/-1", nil, event.ActorCustomer},
		{"no version", "Googlebot", nil, event.ActorCustomer},
		{"the option says a test", chrome, []touchpoint.HandlerOption{says(touchpoint.SyntheticTest)}, event.ActorSynthetic},
		{"the option says a bot", chrome, []touchpoint.HandlerOption{says(touchpoint.SyntheticBot)}, event.ActorSynthetic},
		{"the option says a customer", google, []touchpoint.HandlerOption{says(touchpoint.NotSynthetic)}, event.ActorCustomer},
		{"the option says something else", google, []touchpoint.HandlerOption{says("human")}, event.ActorCustomer},
		{"the option panics", google, []touchpoint.HandlerOption{touchpoint.WithSynthetic(func(*http.Request) touchpoint.SyntheticType { panic("no") })}, event.ActorCustomer},
		{"a nil option", google, []touchpoint.HandlerOption{touchpoint.WithSynthetic(nil)}, event.ActorSynthetic},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSpy(t)
			start := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				checkout.Complete(checkout.Start(r.Context(), "o1", event.Customer{}))
			})
			r := httptest.NewRequest(http.MethodGet, "/x", nil)
			r.Header.Set("User-Agent", c.agent)
			s.serve(touchpoint.Handler(routes(start, "/x"), c.opts...), r)
			if len(s.events) != 3 {
				t.Fatalf("%d events, want a touchpoint, a start and an end", len(s.events))
			}
			for _, e := range s.events {
				if e.Actor != c.want {
					t.Errorf("%s: the actor is %s, want %s", e.Kind, e.Actor, c.want)
				}
			}
		})
	}
}

// TestSyntheticKnown: a position that is believed says who acts, and a run's ID in the request does not.
func TestSyntheticKnown(t *testing.T) {
	t.Parallel()
	serve := func(actor event.Actor) event.Event {
		s := newSpy(t)
		r := httptest.NewRequest(http.MethodGet, "/x", nil)
		r.Header.Set("User-Agent", "kube-probe/1.34")
		p := &event.Position{Journey: event.Run{Name: "checkout", ID: "o1"}, Stage: "cart", Customer: event.Customer{Hash: "c"}, Actor: actor}
		r = r.WithContext(propagate.ContextWithPosition(r.Context(), p))
		s.serve(touchpoint.Handler(routes(status(http.StatusOK), "/x")), r)
		return s.only(t)
	}
	if e := serve(event.ActorEmployee); e.Actor != event.ActorEmployee {
		t.Errorf("the actor is %s, want the position's", e.Actor)
	}
	if e := serve(event.ActorCustomer); e.Actor != event.ActorSynthetic || e.Journey.ID != "o1" || e.Customer.Hash != "c" {
		t.Errorf("the touchpoint is %+v, want a synthetic one in its place", e)
	}
}

// TestSyntheticChannel: a run that a handler starts or resumes has the channel of the request, whoever made the request.
func TestSyntheticChannel(t *testing.T) {
	t.Parallel()
	checkout := journey.Define("checkout", journey.Stages("cart"))
	chat := func(*http.Request) event.Channel { return event.Chat }
	for _, agent := range []string{"curl/8.9.1", "kube-probe/1.0", "Googlebot/2.1"} {
		for _, c := range []struct {
			name string
			opts []touchpoint.HandlerOption
			do   func(context.Context)
			want event.Channel
		}{
			{"starts", nil, func(ctx context.Context) { checkout.Start(ctx, "1", event.Customer{}) }, event.Web},
			{"starts, enters and ends", nil, func(ctx context.Context) {
				ctx = checkout.Enter(checkout.Start(ctx, "1", event.Customer{}), "cart")
				checkout.Complete(ctx)
			}, event.Web},
			{"starts by another channel", nil, func(ctx context.Context) {
				checkout.Start(ctx, "1", event.Customer{}, journey.Via(event.Phone))
			}, event.Phone},
			{"starts with a channel of the option", []touchpoint.HandlerOption{touchpoint.WithChannel(chat)}, func(ctx context.Context) {
				checkout.Start(ctx, "1", event.Customer{})
			}, event.Chat},
			{"resumes and ends", nil, func(ctx context.Context) { checkout.Complete(checkout.Resume(ctx, "1")) }, event.Web},
			{"a run of the request", []touchpoint.HandlerOption{touchpoint.WithJourneyID(checkout, func(*http.Request) string { return "1" })}, func(ctx context.Context) {
				checkout.Start(ctx, "1", event.Customer{})
			}, event.Web},
		} {
			t.Run(c.name+" for "+agent, func(t *testing.T) {
				t.Parallel()
				s := newSpy(t)
				mux := http.NewServeMux()
				mux.HandleFunc("/", func(_ http.ResponseWriter, r *http.Request) { c.do(r.Context()) })
				r := httptest.NewRequest(http.MethodGet, "/", nil).WithContext(s.context())
				r.Header.Set("User-Agent", agent)
				touchpoint.Handler(mux, c.opts...).ServeHTTP(httptest.NewRecorder(), r)
				actor := event.ActorSynthetic
				if agent == "curl/8.9.1" {
					actor = event.ActorCustomer
				}
				transitions := 0
				for _, e := range s.all() {
					if !e.Kind.IsTransition() {
						continue
					}
					transitions++
					if e.Channel != c.want || e.Actor != actor {
						t.Errorf("%s has the channel %v and the actor %v, want %v and %v", e.Kind, e.Channel, e.Actor, c.want, actor)
					}
				}
				if transitions == 0 {
					t.Error("no change of the run was recorded")
				}
			})
		}
	}
}

// TestNilHandlerOptions: Handler returns no error, so a nil that is given to an option is its default.
func TestNilHandlerOptions(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]touchpoint.HandlerOption{
		"WithRoute": touchpoint.WithRoute("GET /a", nil), "WithRouter": touchpoint.WithRouter(nil), "WithRoutes": touchpoint.WithRoutes(nil),
		"WithJourneyID": touchpoint.WithJourneyID(nil, nil), "WithChannel": touchpoint.WithChannel(nil), "WithStatuses": touchpoint.WithStatuses(nil),
		"WithTrustedPeers": touchpoint.WithTrustedPeers(nil), "WithSynthetic": touchpoint.WithSynthetic(nil), "an option": nil,
		"WithJourneyID of no journey": touchpoint.WithJourneyID(nil, func(*http.Request) string { return "1" }),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSpy(t)
			mux := http.NewServeMux()
			mux.HandleFunc("GET /a", func(http.ResponseWriter, *http.Request) {})
			touchpoint.Handler(mux, o).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/a", nil).WithContext(s.context()))
			got := s.all()
			if len(got) != 1 || got[0].Touchpoint != "GET /a" || got[0].Channel != event.Web || got[0].Outcome != event.OK || !got[0].Journey.IsZero() {
				t.Errorf("the events are %+v, want one touchpoint as without options", got)
			}
			if len(s.client.Faults()) != 0 {
				t.Errorf("the faults are %v", s.client.Faults())
			}
		})
	}
}
