package console

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/number"
	"cairncx.dev/cairn/cx/insight/schedule"
	"cairncx.dev/cairn/cx/slo"
)

// Option changes how a console works.
type Option interface{ apply(c *config) error }

type option func(*config) error

func (o option) apply(c *config) error { return o(c) }

type config struct {
	path        string
	title       string
	viewer      func(*http.Request) (insight.Viewer, error)
	signIn      http.Handler
	zone        *time.Location
	numbers     number.Locale
	now         func() time.Time
	trace       string
	client      *cx.Client
	stand       func(context.Context) ([]slo.Status, error)
	unread      func(error) string
	questions   int
	refresh     time.Duration
	log         *slog.Logger
	definitions []event.Definition
	hash        func(string) string
	// subscriptions are those of the plans; nil is none.
	subscriptions Subscriptions
	plans         []schedule.Plan
	// leaving opens the tokens of mails; nil is none.
	leaving func(token string) (plan, address string, ok bool)
}

func defaults() config {
	return config{path: "/", title: "Cairn", zone: time.UTC, now: time.Now, questions: max(1, runtime.GOMAXPROCS(0)/2), refresh: 10 * time.Second, log: slog.Default()}
}

// WithPath says where the console is mounted, such as "/cx/". Default: "/".
func WithPath(path string) Option {
	return option(func(c *config) error {
		if !strings.HasPrefix(path, "/") || !strings.HasSuffix(path, "/") || strings.ContainsAny(path, "?#{}") || strings.Contains(path, "//") {
			return fmt.Errorf("console: WithPath(%q): give a path that begins and ends with a slash, such as \"/cx/\"", path)
		}
		c.path = path
		return nil
	})
}

// WithTitle names the console in its frame and in the titles of pages, such as the name of the company. Default: "Cairn".
func WithTitle(title string) Option {
	return option(func(c *config) error {
		if title = strings.TrimSpace(title); title == "" || len(title) > 100 {
			return errors.New("console: WithTitle: give a name of 1 to 100 bytes")
		}
		c.title = title
		return nil
	})
}

// WithViewer says who asks: which rights and which scope the sender of a request has. An error refuses the request: one that wraps [ErrNotSignedIn] with 401, any
// other one with 403. It is called for each request, in the goroutine of the request. Without it the console answers this machine alone.
func WithViewer(f func(*http.Request) (insight.Viewer, error)) Option {
	return option(func(c *config) error {
		if f == nil {
			return errors.New("console: WithViewer: the function is nil")
		}
		c.viewer = f
		return nil
	})
}

// WithZone is the time zone of pages whose address does not name one. Default: UTC.
func WithZone(zone *time.Location) Option {
	return option(func(c *config) error {
		if zone == nil {
			return errors.New("console: WithZone: the zone is nil")
		}
		c.zone = zone
		return nil
	})
}

// WithClock is the clock that tells the moment of pages. Nil is the time of the latest event, as it fits a log of the past. Default: time.Now.
func WithClock(now func() time.Time) Option {
	return option(func(c *config) error {
		c.now = now
		return nil
	})
}

// WithTraces is the address of a trace in the tracing backend, with {trace_id} in place of its ID, such as
// "https://jaeger.example.com/trace/{trace_id}". Default: pages show the ID.
func WithTraces(address string) Option {
	return option(func(c *config) error {
		u, err := url.Parse(address)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || !strings.Contains(address, traceID) {
			return fmt.Errorf("console: WithTraces(%q): give an address of http or https with %s in it", address, traceID)
		}
		c.trace = address
		return nil
	})
}

// traceID stands for the ID of a trace.
const traceID = "{trace_id}"

// WithClient lets viewers with the right insight.Act move follow-ups, promises and actions on. The client records each move, and each look at one customer.
// The page Now shows its objectives and faults. Default: none.
func WithClient(client *cx.Client) Option {
	return option(func(c *config) error {
		if client == nil {
			return errors.New("console: WithClient: the client is nil")
		}
		c.client = client
		return nil
	})
}

// WithObjectives says how the objectives stand, of all instances of a service: with package cx/slo/fleet, which asks the server of their metrics. It is called once
// a minute at most, and not while no page is read. Its error is in the log. Default: the objectives of [WithClient], of this process alone.
func WithObjectives(f func(context.Context) ([]slo.Status, error)) Option {
	return option(func(c *config) error {
		if f == nil {
			return errors.New("console: WithObjectives: the function is nil")
		}
		c.stand = f
		return nil
	})
}

// WithLoadFault says in the application's words why the events could not be read, from the error of insight.Loads. The error itself may have an address or a password;
// what the function returns is shown to viewers who have the right insight.Numbers and no scope. Default: pages say that it failed, and since when.
func WithLoadFault(f func(error) string) Option {
	return option(func(c *config) error {
		if f == nil {
			return errors.New("console: WithLoadFault: the function is nil")
		}
		c.unread = f
		return nil
	})
}

// WithQuestions bounds how many questions are answered at the same time, and how many parts of pages are written, from 1 to 1,024. One question alone passes over the
// table in half of GOMAXPROCS divided by that, at least one, goroutines. Default: half of GOMAXPROCS, at least 1, so that the other half is the service's.
func WithQuestions(n int) Option {
	return option(func(c *config) error {
		if n < 1 || n > 1024 {
			return fmt.Errorf("console: WithQuestions(%d): give 1 to 1,024", n)
		}
		c.questions = n
		return nil
	})
}

// WithRefresh is how often pages take a newer state of the table, from a second to an hour: readers of one such time share their answers. Default: 10 s.
func WithRefresh(every time.Duration) Option {
	return option(func(c *config) error {
		if every < time.Second || every > time.Hour {
			return fmt.Errorf("console: WithRefresh(%s): give a second to an hour", every)
		}
		c.refresh = every
		return nil
	})
}

// WithLogger is where the console says what went wrong. It never has what customers wrote, or who they are. Default: slog.Default().
func WithLogger(log *slog.Logger) Option {
	return option(func(c *config) error {
		if log == nil {
			return errors.New("console: WithLogger: the logger is nil")
		}
		c.log = log
		return nil
	})
}
