package touchpoint_test

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/baggage"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/propagate"
	"cairncx.dev/cairn/touchpoint"
)

var (
	keyOne = []byte("the first key, of 32 bytes......")
	keyTwo = []byte("the second key, of 32 bytes.....")
)

// carried is the baggage header with which a service that has the keys sends a request.
func carried(tb testing.TB, keys ...[]byte) string {
	tb.Helper()
	var opts []cx.Option
	if keys != nil {
		opts = append(opts, cx.WithPositionKeys(keys...))
	}
	s := newSpy(tb, opts...)
	below := &roundTripper{}
	ctx := propagate.ContextWithPosition(s.context(), position())
	_, _ = touchpoint.Transport(below, "payments").RoundTrip((&http.Request{URL: &url.URL{Scheme: "http", Host: "payments"}}).WithContext(ctx)) //nolint:bodyclose // there is none
	if len(s.counted()) != 0 {
		tb.Errorf("the sender counted %q", s.counted())
	}
	return below.seen[0].Header.Get("Baggage")
}

// TestTrustSigned: whoever brings it, a position is believed that one of our services has signed.
func TestTrustSigned(t *testing.T) {
	t.Parallel()
	signed, unsigned := carried(t, keyOne), carried(t)
	forged := strings.Replace(signed, "cart-7", "cart-8", 1)
	yes, no := touchpoint.WithTrustedPeers(everybody), touchpoint.WithTrustedPeers(func(*http.Request) bool { return false })
	only := []touchpoint.HandlerOption{touchpoint.WithSignedPositions()}
	for _, c := range []struct {
		name, reason string
		keys         [][]byte
		opts         []touchpoint.HandlerOption
		baggage      string
		believed     bool
		faults       []string
	}{
		{"signed", "by a key of ours", [][]byte{keyOne}, only, signed, true, nil},
		{"signed by the old key", "all keys verify", [][]byte{keyTwo, keyOne}, only, signed, true, nil},
		{"signed by another key", "it may be anybody's", [][]byte{keyTwo}, only, signed, false, []string{"unknown_position_key"}},
		{"unsigned", "nobody answers for it", [][]byte{keyOne}, only, unsigned, false, []string{"unsigned_position"}},
		{"changed on the way", "the signature is another position's", [][]byte{keyOne}, only, forged, false, []string{"forged_position"}},
		{"cut off", "no signature", [][]byte{keyOne}, only, signed[:len(signed)-5], false, []string{"bad_header"}},
		{"without keys", "a mistake in the configuration", nil, only, signed, false, []string{"no_position_keys"}},
		{"without keys, unsigned", "a mistake in the configuration", nil, only, unsigned, false, []string{"no_position_keys"}},
		{"without TrustSigned", "keys alone make nobody trusted", [][]byte{keyOne}, nil, signed, false, []string{"untrusted_position"}},
		{"a trusted peer, unsigned", "one rule is enough", [][]byte{keyOne}, append(only, yes), unsigned, true, nil},
		{"a trusted peer, without keys", "one rule is enough", nil, append(only, yes), signed, true, nil},
		{"a peer that is not, signed", "one rule is enough", [][]byte{keyOne}, append(only, no), signed, true, nil},
		{"a peer that is not, unsigned", "none says so", [][]byte{keyOne}, append(only, no), unsigned, false, []string{"unsigned_position"}},
		{"trusted peers, without keys and TrustSigned", "as before there were signatures", nil, []touchpoint.HandlerOption{yes}, signed, true, nil},
		{"two of the same, one signed", "the signature counts", [][]byte{keyOne}, only, unsigned + "," + signed, true, nil},
		{"a stranger's beside it", "a contradiction", [][]byte{keyOne}, only, signed + ",cairn=1//checkout/victim////////", false, []string{"bad_header"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var opts []cx.Option
			if c.keys != nil {
				opts = append(opts, cx.WithPositionKeys(c.keys...))
			}
			s := newSpy(t, opts...)
			var left string
			r := get("/")
			r.Header.Set("Baggage", c.baggage)
			s.serve(touchpoint.Handler(routes(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				left = r.Header.Get("Baggage")
			}), "/"), c.opts...), r)
			if got := s.only(t).Journey.ID == "cart-7"; got != c.believed {
				t.Errorf("it is believed: %v, want %v: %s", got, c.believed, c.reason)
			}
			if !slices.Equal(s.counted(), c.faults) {
				t.Errorf("counted %q, want %q: %s", s.counted(), c.faults, c.reason)
			}
			if left != "" {
				t.Errorf("%q goes on: %s", left, c.reason)
			}
		})
	}
}

// TestSignedAndTime: 5 minutes, and 30 seconds that the clocks may differ by, in both directions.
func TestSignedAndTime(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name           string
		later          time.Duration // the receiver's clock, and what has passed
		sender, reader time.Duration // WithPositionLife, 0 is the default
		fault          string
	}{
		{"at once", 0, 0, 0, ""},
		{"after 5 minutes", 5 * time.Minute, 0, 0, ""},
		{"after 5 minutes and a half", 5*time.Minute + 30*time.Second, 0, 0, ""},
		{"later", 5*time.Minute + 31*time.Second, 0, 0, "expired_position"},
		{"from half a minute ahead", -30 * time.Second, 0, 0, ""},
		{"from further ahead", -31 * time.Second, 0, 0, "early_position"},
		{"a longer life on both sides", time.Hour, time.Hour, time.Hour, ""},
		{"a longer life for the sender", time.Hour, time.Hour, 0, "expired_position"},
		{"a longer life for the receiver", time.Hour, 0, time.Hour, "expired_position"},
		{"a shorter life for the receiver", 2 * time.Minute, 0, time.Minute, "expired_position"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			now := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
			client := func(at time.Time, life time.Duration) *spy {
				opts := []cx.Option{cx.WithPositionKeys(keyOne), cx.WithClock(func() time.Time { return at })}
				if life != 0 {
					opts = append(opts, cx.WithPositionLife(life))
				}
				return newSpy(t, opts...)
			}
			text := propagate.Sign(propagate.ContextWithPosition(client(now, c.sender).context(), position()), 0)
			s := client(now.Add(c.later), c.reader)
			r := get("/")
			r.Header.Set("Baggage", propagate.AddToBaggage("", text))
			var at *event.Position
			s.serve(touchpoint.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				at = propagate.PositionFromContext(r.Context())
			}), touchpoint.WithSignedPositions()), r)
			var want []string
			if c.fault != "" {
				want = []string{c.fault}
			}
			if (at != nil) != (c.fault == "") || !slices.Equal(s.counted(), want) {
				t.Errorf("it is %+v, counted %q, want %q", at, s.counted(), want)
			}
		})
	}
	t.Run("the real clock", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			c, err := cx.New(cx.WithPositionKeys(keyOne))
			must(t, err)
			defer func() { must(t, c.Shutdown(context.Background())) }()
			ctx := cx.NewContext(context.Background(), c)
			text := propagate.Sign(propagate.ContextWithPosition(ctx, position()), 0)
			time.Sleep(5*time.Minute + 30*time.Second)
			if _, err := propagate.Verify(ctx, text, 0); err != nil {
				t.Error(err)
			}
			time.Sleep(time.Second)
			if _, err := propagate.Verify(ctx, text, 0); err == nil {
				t.Error("it is believed for ever")
			}
		})
	})
}

// TestSignedThroughBaggage: where otelhttp below writes the header from OpenTelemetry's baggage, the
// signature is in it.
func TestSignedThroughBaggage(t *testing.T) {
	t.Parallel()
	s := newSpy(t, cx.WithPositionKeys(keyOne))
	m, err := baggage.NewMemberRaw("tenant", "ä, ö; ü")
	must(t, err)
	b, err := baggage.New(m)
	must(t, err)
	below := &roundTripper{}
	ctx := propagate.ContextWithPosition(baggage.ContextWithBaggage(s.context(), b), position())
	_, _ = touchpoint.Transport(below, "payments").RoundTrip((&http.Request{URL: &url.URL{Scheme: "http", Host: "payments"}}).WithContext(ctx)) //nolint:bodyclose // there is none
	out := below.seen[0]
	text, _ := propagate.TextFromBaggage(out.Header.Get("Baggage"))
	again, _ := propagate.TextFromBaggage(baggage.FromContext(out.Context()).String())
	if _, err := propagate.Verify(s.context(), again, 0); err != nil || text != again {
		t.Errorf("the header says %q, the baggage %q, %v", text, again, err)
	}
}
