// Package delegates_test sends requests of customers, of assistants and of probes over real connections, and says what is in the archive, in the
// traces and in the answers of insight.
package delegates_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/open-feature/go-sdk/openfeature"
	"github.com/open-feature/go-sdk/openfeature/isolated"
	"github.com/open-feature/go-sdk/openfeature/memprovider"
	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.uber.org/goleak"
	_ "modernc.org/sqlite" // the driver

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/exporters/sqlarchive"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
	"cairncx.dev/cairn/touchpoint/cxopenfeature"
	"cairncx.dev/cairn/touchpoint/delegate"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// signing is a round tripper of an assistant that signs as RFC 9421 and the draft of Web Bot Auth say, by hand. It shares no code with the verifier.
type signing struct {
	key  ed25519.PrivateKey
	name string // of the key's directory
	also string // what is changed after the signature: the path, or nothing
}

func (s signing) RoundTrip(q *http.Request) (*http.Response, error) {
	q = q.Clone(q.Context())
	x := base64.RawURLEncoding.EncodeToString(s.key.Public().(ed25519.PublicKey)) //nolint:forcetypeassert // of Ed25519
	thumbprint := sha256.Sum256([]byte(`{"crv":"Ed25519","kty":"OKP","x":"` + x + `"}`))
	var nonce [32]byte
	_, _ = rand.Read(nonce[:])
	now := time.Now()
	params := fmt.Sprintf(`("@method" "@authority" "@path" "signature-agent";key="s");created=%d;expires=%d;keyid=%q;alg="ed25519";nonce=%q;tag="web-bot-auth"`,
		now.Unix(), now.Add(time.Minute).Unix(), base64.RawURLEncoding.EncodeToString(thumbprint[:]), base64.RawURLEncoding.EncodeToString(nonce[:]))
	base := `"@method": ` + q.Method + "\n" + `"@authority": ` + q.URL.Host + "\n" + `"@path": ` + q.URL.Path + "\n" +
		`"signature-agent";key="s": "` + s.name + "\"\n" + `"@signature-params": ` + params
	q.Header.Set("Signature-Agent", `s="`+s.name+`"`)
	q.Header.Set("Signature-Input", "s="+params)
	q.Header.Set("Signature", "s=:"+base64.StdEncoding.EncodeToString(ed25519.Sign(s.key, []byte(base)))+":")
	if s.also != "" {
		q.URL.Path = s.also
	}
	return http.DefaultTransport.RoundTrip(q) //nolint:wrapcheck // a test
}

// agented is a round tripper with a User-Agent and a header.
type agented struct{ agent, synthetic string }

func (a agented) RoundTrip(q *http.Request) (*http.Response, error) {
	q = q.Clone(q.Context())
	q.Header.Set("User-Agent", a.agent)
	if a.synthetic != "" {
		q.Header.Set(touchpoint.SyntheticHeader, a.synthetic)
	}
	return http.DefaultTransport.RoundTrip(q) //nolint:wrapcheck // a test
}

// shop is a service in which one order is placed by each request.
func shop(client *cx.Client, flags *openfeature.Client, opts ...touchpoint.HandlerOption) http.Handler {
	order := journey.Define("order")
	mux := http.NewServeMux()
	mux.HandleFunc("POST /pay/{id}", func(_ http.ResponseWriter, q *http.Request) {
		id := q.PathValue("id")
		flags.Boolean(q.Context(), "one-page", false, openfeature.NewEvaluationContext(id, nil))
		ctx := order.Start(q.Context(), id, event.Customer{ID: id})
		feedback.CSAT.Record(ctx, 5)
		order.Complete(ctx)
	})
	inner := touchpoint.Handler(mux, append(opts, touchpoint.WithRoute("POST /pay/{id}", touchpoint.Define("pay", touchpoint.Satisfied(time.Hour))))...)
	return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		inner.ServeHTTP(w, q.WithContext(cx.NewContext(q.Context(), client)))
	})
}

// TestWhoActs: a customer, assistants that are verified, claimed and forged, and a probe, each with five orders.
func TestWhoActs(t *testing.T) {
	ctx := context.Background()
	_, ann, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	recogniser, err := delegate.New(delegate.WithScheme("http"), delegate.WithAssistants(
		delegate.Assistant{Name: "Ann", SignatureAgent: "https://ann.example", Keys: []ed25519.PublicKey{ann.Public().(ed25519.PublicKey)}}, //nolint:forcetypeassert // of Ed25519
		delegate.Assistant{Name: "Bob", Products: []string{"Bob-User"}}))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "archive.db")
	archive, err := sqlarchive.OpenSQLite(file, sqlarchive.WithoutFsync())
	if err != nil {
		t.Fatal(err)
	}
	spans := tracetest.NewInMemoryExporter()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans))
	client, err := cx.New(cx.WithExporters(archive), cx.WithCustomerKey([]byte("0123456789abcdef")), cx.WithTracerProvider(provider), cx.WithRelease("2026.11"))
	if err != nil {
		t.Fatal(err)
	}
	api := isolated.NewAPI()
	defer func() {
		if err := api.Shutdown(ctx); err != nil {
			t.Error(err)
		}
	}()
	if err := api.SetProviderAndWait(ctx, memprovider.NewInMemoryProvider(map[string]memprovider.InMemoryFlag{
		"one-page": {State: memprovider.Enabled, DefaultVariant: "b", Variants: map[string]any{"b": true}},
	})); err != nil {
		t.Fatal(err)
	}
	flags := api.NewClient()
	flags.AddHooks(cxopenfeature.NewHook("one-page"))
	server := httptest.NewServer(shop(client, flags, touchpoint.WithDelegates(recogniser.Of), touchpoint.WithTrustedNetworks(netip.MustParsePrefix("127.0.0.0/8"))))
	defer server.Close()
	strangers := httptest.NewServer(shop(client, flags, touchpoint.WithDelegates(recogniser.Of)))
	defer strangers.Close()

	for _, c := range []struct {
		name, server string
		rt           http.RoundTripper
	}{
		{"customer", server.URL, agented{agent: "Mozilla/5.0"}},
		{"verified", server.URL, signing{key: ann, name: "https://ann.example"}},
		{"claimed", server.URL, agented{agent: "Mozilla/5.0 (compatible; Bob-User/1.0)"}},
		{"forged", server.URL, signing{key: ann, name: "https://ann.example", also: "/pay/forged"}},
		{"probe", server.URL, agented{agent: "Mozilla/5.0", synthetic: "test"}},
		{"stranger", strangers.URL, agented{agent: "Mozilla/5.0", synthetic: "test"}},
	} {
		for i := range 5 {
			path := fmt.Sprintf("/pay/%s%d", c.name, i)
			rt := c.rt
			if s, ok := rt.(signing); ok && s.also != "" {
				s.also = path
				rt, path = s, "/pay/signed"
			}
			q, err := http.NewRequestWithContext(ctx, http.MethodPost, c.server+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			answer, err := (&http.Client{Transport: rt}).Do(q)
			if err != nil {
				t.Fatal(err)
			}
			_ = answer.Body.Close()
			if answer.StatusCode != http.StatusOK {
				t.Errorf("%s: the answer is %s: a customer is served whoever acts", c.name, answer.Status)
			}
		}
	}
	server.Close()
	strangers.Close()
	http.DefaultTransport.(*http.Transport).CloseIdleConnections() //nolint:forcetypeassert // the standard library's
	if err := client.Shutdown(ctx); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"customer": "customer  ", "verified": "delegate Ann verified", "claimed": "delegate Bob claimed", "forged": "customer  ", "probe": "synthetic  ", "stranger": "customer  ",
	}
	inArchive(t, file, want)
	inTraces(t, spans.GetSpans(), want)
	inInsight(t, file)
}

// inArchive compares what the rows of touchpoints, answers and ends say of who acted, and the release and the arm of each.
func inArchive(t *testing.T, file string, want map[string]string) {
	t.Helper()
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	rows, err := db.Query(`
SELECT 'pay', run, actor, event, release, experiment, arm, coalesce(apdex_zone, '') FROM touchpoints
UNION ALL SELECT 'said', run, actor, event, release, experiment, arm, '' FROM feedback
UNION ALL SELECT 'ended', run, actor, event, release, experiment, arm, '' FROM transitions WHERE kind = 'journey.ended'`)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	got, n := map[string]string{}, 0
	for rows.Next() {
		var table, run, actor, text, release, experiment, arm, zone string
		if err := rows.Scan(&table, &run, &actor, &text, &release, &experiment, &arm, &zone); err != nil {
			t.Fatal(err)
		}
		e, err := event.ParseJSON([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		who := strings.TrimRight(run, "0123456789")
		said := actor + " " + value(e.Attributes, "cx.delegate.name") + " " + value(e.Attributes, "cx.delegate.proof")
		if got[who] == "" {
			got[who] = said
		}
		if n++; got[who] != said {
			t.Errorf("%s of %s: %q, and elsewhere %q", table, run, said, got[who])
		}
		if release != "2026.11" || experiment != "one-page" || arm != "b" {
			t.Errorf("%s of %s: the release %q, the experiment %q, the arm %q", table, run, release, experiment, arm)
		}
		if table == "pay" && (zone == "") != strings.HasPrefix(said, "delegate") {
			t.Errorf("the touchpoint of %s has the Apdex zone %q", run, zone)
		}
	}
	if rows.Err() != nil || n != 3*5*len(want) {
		t.Errorf("%d rows, want %d: %v", n, 3*5*len(want), rows.Err())
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the archive differs:\n%s", diff)
	}
}

func value(kvs []attribute.KeyValue, key attribute.Key) string {
	for _, kv := range kvs {
		if kv.Key == key {
			return kv.Value.AsString()
		}
	}
	return ""
}

// inTraces compares what spans say of who acted: those of the touchpoints, and of the journeys.
func inTraces(t *testing.T, spans tracetest.SpanStubs, want map[string]string) {
	t.Helper()
	got, n := map[string]string{}, 0
	for i := range spans {
		kvs := spans[i].Attributes
		run := strings.TrimRight(value(kvs, "cx.journey.id"), "0123456789")
		if value(kvs, "cx.touchpoint.name") != "pay" || run == "" {
			continue
		}
		actor := value(kvs, "cx.actor")
		if actor == "" {
			actor = event.ActorCustomer.String()
		}
		got[run] = actor + " " + value(kvs, "cx.delegate.name") + " " + value(kvs, "cx.delegate.proof")
		if n++; value(kvs, "feature_flag.key") != "one-page" || value(kvs, "feature_flag.result.variant") != "b" || value(kvs, "service.version") != "2026.11" {
			t.Errorf("the span of %s has the attributes %v", run, kvs)
		}
		if kind := value(kvs, "user_agent.synthetic.type"); kind != "" && kind != "test" {
			t.Errorf("the type is %q", kind)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" || n < 5*len(want) {
		t.Errorf("%d spans differ:\n%s", n, diff)
	}
}

// inInsight asks by actor, by assistant and by proof, and for the score.
func inInsight(t *testing.T, file string) {
	t.Helper()
	ctx := context.Background()
	reader, err := sqlarchive.ReadSQLite(ctx, file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = reader.Close() }()
	table, err := insight.New(nil, insight.WithAttributes("cx.delegate.name", "cx.delegate.proof"))
	if err != nil {
		t.Fatal(err)
	}
	if err := table.Load(ctx, reader); err != nil {
		t.Fatal(err)
	}
	view := table.View(insight.Viewer{Rights: insight.Numbers}, time.Now())
	for _, c := range []struct {
		column insight.Column
		value  string
		want   int64
	}{
		{insight.Actor, "customer", 15},
		{insight.Actor, "delegate", 10},
		{insight.Actor, "synthetic", 0},
		{"cx.delegate.name", "Ann", 5},
		{"cx.delegate.name", "Bob", 5},
		{"cx.delegate.proof", "verified", 5},
		{"cx.delegate.proof", "claimed", 5},
		{"cx.delegate.proof", "", 15},
		{insight.Arm, "one-page: b", 25},
		{insight.Release, "2026.11", 25},
		{insight.Verdict, "positive", 15},
	} {
		o, err := view.Outcomes(ctx, insight.Which{Where: []insight.Where{{Column: c.column, Values: []string{c.value}}}})
		if err != nil || o.Runs != c.want {
			t.Errorf("%s %q: %d runs (%v), want %d", c.column, c.value, o.Runs, err, c.want)
		}
	}
	voice, err := view.Voice(ctx, insight.Which{})
	if err != nil || len(voice.Surveys) != 1 || voice.Surveys[0].Answers.N != 15 {
		t.Errorf("the answers are %+v (%v), want those of 15 customers", voice.Surveys, err)
	}
}
