package effort_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/e2e/shared"
)

// The roles of two services that share nothing but the store.
const (
	roleWeb   = "web"   // self-service, which fails
	rolePhone = "phone" // the people whom the customer calls
)

// play records what happens in the service of the role.
func play(client *cx.Client, o *order) {
	record := func(before time.Duration, touchpoint, intent string, assisted *event.Assisted) {
		e := event.Event{
			Kind: event.TouchpointEnded, Time: o.At.Add(-before), Touchpoint: touchpoint, Channel: event.Web, Outcome: event.Failed, Intent: intent,
			Customer: event.Customer{ID: "customer 7"}, Assisted: assisted,
		}
		if assisted != nil {
			e.Channel, e.Actor, e.Outcome = event.Phone, event.ActorEmployee, event.OK
		}
		client.Record(context.Background(), e)
	}
	switch o.Role {
	case roleWeb:
		record(4*time.Millisecond, "login", "bill", nil)
		record(3*time.Millisecond, "pay", "bill", nil)
		record(2*time.Millisecond, "support", "move", nil) // another matter
		record(-time.Millisecond, "login", "bill", nil)    // after the call began
		record(2*time.Millisecond, "login", "", nil)       // nothing ties it to the matter
	case rolePhone:
		record(0, "support", "bill", &event.Assisted{Legs: []event.Leg{{Queue: "first", Queued: true, Answered: true}}})
	}
}

// TestEscalationAcrossServices: a customer fails on the website, and calls about the same matter. The process of the website is gone by
// then. The one of the telephone knows the step that failed last from the store.
func TestEscalationAcrossServices(t *testing.T) {
	t.Parallel()
	kinds := []string{shared.SQLite}
	if os.Getenv("CAIRN_WHOLE") != "" && !testing.Short() {
		kinds = append(kinds, shared.Redis, shared.Postgres)
	}
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			at := shared.StartStore(t, kind)
			at.Prefix = "escalation"
			_, closeStore, err := at.Open(t.Context()) // makes the tables
			if err != nil {
				t.Fatal(err)
			}
			defer closeStore()
			for until := 3 * time.Second; ; until *= 2 {
				told, late := escalate(t, at, until)
				if late {
					at.Prefix += "_again"
					t.Logf("recording took longer than %v", until)
					continue
				}
				if told.From != "pay" || told.Contacts != 1 || !told.First || !told.Counted {
					t.Errorf("the effort is told as %+v, want one from pay", told)
				}
				return
			}
		})
	}
}

// escalate returns the effort that the telephone tells, or that the contact was recorded too late.
func escalate(t *testing.T, at shared.Place, until time.Duration) (told telling, late bool) {
	t.Helper()
	call := time.Now().Add(until - window - grace).Truncate(time.Millisecond)
	web := order{Store: at, Witness: filepath.Join(t.TempDir(), "web"), Role: roleWeb, At: call}
	phone := order{Store: at, Witness: filepath.Join(t.TempDir(), "phone"), Role: rolePhone, At: call}
	if said := serve(t, &web, saysReady); strings.Contains(said, saysTold) {
		t.Fatalf("the website tells an effort without a contact: %s", said)
	}
	if time.Now().After(call.Add(window + grace - until/3)) { // the step may count no more
		return told, true
	}
	said := serve(t, &phone, saysTold)
	if strings.Contains(said, saysLost) {
		return told, true
	}
	data, err := os.ReadFile(phone.Witness)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(bytes.TrimSpace(data), &told); err != nil {
		t.Fatalf("the telephone tells %q: %v", data, err)
	}
	return told, false
}

// serve runs a process until it has said the word, or that a contact was lost, and then to its end. It returns all that it has said.
func serve(t *testing.T, o *order, until string) string {
	t.Helper()
	text, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(os.Environ(), workerEnv+"="+string(text))
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	heard := &ears{until: until, enough: in.Close}
	cmd.Stdout = heard
	if err := cmd.Run(); err != nil {
		t.Fatalf("the process of the role %s: %v\n%s", o.Role, err, stderr.String())
	}
	return heard.text.String()
}

// ears hears what a process says, and ends its work at a word.
type ears struct {
	text   strings.Builder
	until  string
	enough func() error
}

// Write implements [io.Writer].
func (e *ears) Write(b []byte) (int, error) {
	e.text.Write(b)
	if said := e.text.String(); strings.Contains(said, e.until) || strings.Contains(said, saysLost) {
		_ = e.enough() // again is no harm
	}
	return len(b), nil
}
