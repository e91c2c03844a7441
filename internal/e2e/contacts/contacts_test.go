//go:build unix

// Package contacts_test runs cairn contacts on each store while a service uses it.
package contacts_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	goredis "github.com/redis/go-redis/v9"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/stores/postgres"
	"cairncx.dev/cairn/cx/stores/redis"
	"cairncx.dev/cairn/cx/stores/sqlite"
	"cairncx.dev/cairn/internal/e2e/servers"
	"cairncx.dev/cairn/touchpoint"
)

const key = "a key of at least 16 bytes"

var policy = touchpoint.DefineContactPolicy("contacts",
	touchpoint.Purpose("offer", touchpoint.Cap(9, time.Hour)), touchpoint.ContactWait(touchpoint.MaxContactWait))

// TestContacts: on each store a list that the command imports holds for a service that asks at the same time, the service's own
// records are shown, and what is lifted may be contacted again.
func TestContacts(t *testing.T) {
	cairn := filepath.Join(t.TempDir(), "cairn")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", cairn, "cairncx.dev/cairn/cmd/cairn").CombinedOutput(); err != nil {
		t.Fatalf("build the command: %v\n%s", err, out)
	}
	for _, test := range []struct {
		name string
		open func(t *testing.T) (store ledger.Store, address string)
	}{
		{"sqlite", inSQLite}, {"redis", inRedis}, {"postgres", inPostgres},
	} {
		t.Run(test.name, func(t *testing.T) {
			store, address := test.open(t)
			try(t, cairn, store, address)
		})
	}
}

func try(t *testing.T, cairn string, store ledger.Store, address string) {
	const people = 1000
	client, err := cx.New(cx.WithStore(store), cx.WithCustomerKey([]byte(key)), cx.WithDefinitions(policy), cx.WithNamespace("shop"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := client.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	}()
	ctx := cx.NewContext(t.Context(), client)
	who := func(n int) event.Customer { return event.Customer{ID: fmt.Sprint("customer-", n)} }
	if g := policy.Ask(ctx, who(0), "offer", event.Email); !g.Use(ctx) {
		t.Fatalf("the service may not contact a customer: %s", g.Reason())
	}
	if _, err := policy.Record(ctx, who(1)); !errors.Is(err, touchpoint.ErrNoRecord) {
		t.Fatalf("a customer without a record: %v", err)
	}
	list := filepath.Join(t.TempDir(), "list.csv")
	var b strings.Builder
	b.WriteString("customer,reason,at,source\n")
	for n := range people {
		fmt.Fprintf(&b, "customer-%d,opted_out,2026-03-01,agency\n", n)
	}
	if err := os.WriteFile(list, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(want string, args ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), cairn, append([]string{"contacts"}, args...)...)
		cmd.Env = append(os.Environ(), "CAIRN_STORE="+address, "CAIRN_CUSTOMER_KEY="+key, "OTEL_RESOURCE_ATTRIBUTES=deployment.environment.name=shop")
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		if err != nil || !strings.Contains(string(out), want) {
			t.Fatalf("%q prints %s%s (%v), want %q", args, out, &stderr, err, want)
		}
		return string(out)
	}
	stop, asked := make(chan struct{}), make(chan struct{})
	go func() { // the service goes on asking about a customer of the list, and changes others
		defer close(asked)
		for n := 0; ; n++ {
			select {
			case <-stop:
				return
			default:
				policy.Ask(ctx, who(people+n%50), "offer", event.Email).Release(ctx)
				policy.Ask(ctx, who(n%50), "offer", event.Email).Release(ctx)
			}
		}
	}()
	run("1000 rows: 1000 added, 0 renewed, 0 already there", "import", list)
	close(stop)
	<-asked
	run("1000 rows: 0 added, 0 renewed, 1000 already there", "import", list)
	for _, n := range []int{0, 1, 49, 255, 256, people - 1} {
		if ok, rule := policy.May(ctx, who(n), "offer", event.Email); ok || rule != event.RuleSuppressed {
			t.Errorf("customer %d of the list: %v, %s", n, ok, rule)
		}
	}
	if ok, rule := policy.May(ctx, who(people), "offer", event.Email); !ok {
		t.Errorf("a customer who is not in the list: %s", rule)
	}
	if got := run("in force  agency", "show", "--customer", "customer-0"); !strings.Contains(got, "offer  email  made ") {
		t.Errorf("the contact of the service is not in the record:\n%s", got)
	}
	run("lifted: opted_out", "lift", "--customer", "customer-0", "--reason", "opted_out", "--by", "employee-7")
	if ok, rule := policy.May(ctx, who(0), "offer", event.Email); !ok {
		t.Errorf("a customer whose suppression was lifted: %s", rule)
	}
	run("999 already there, 1 stay lifted", "import", list)
}

func inSQLite(t *testing.T) (ledger.Store, string) {
	path := filepath.Join(t.TempDir(), "store.db")
	store, err := sqlite.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return store, "sqlite:" + path
}

func inRedis(t *testing.T) (ledger.Store, string) {
	server := servers.StartRedis(t)
	client := goredis.NewClient(&goredis.Options{Addr: server.Addr()})
	t.Cleanup(func() { _ = client.Close() })
	store, err := redis.New(client)
	if err != nil {
		t.Fatal(err)
	}
	return store, (&url.URL{Scheme: "redis", Host: server.Addr()}).String()
}

func inPostgres(t *testing.T) (ledger.Store, string) {
	server := servers.StartPostgres(t, servers.PostgresSetting("fsync", "off"))
	pool, err := pgxpool.New(t.Context(), server.URL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	store, err := postgres.New(pool)
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return store, server.URL()
}
