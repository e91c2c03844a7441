package propagate_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/propagation"
	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/cx/propagate"
	"cairncx.dev/cairn/internal/flight"
)

var (
	keyA = []byte("a key of 32 bytes, for a test ..")
	keyB = []byte("another key, for the same test..")
	noon = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
)

// keysAt are keys on a clock that stands still.
func keysAt(t time.Time, life time.Duration, keys ...[]byte) *propagate.Keys {
	return must(propagate.NewKeys(func() time.Time { return t }, life, keys...))
}

func aPosition() *event.Position {
	return &event.Position{
		Journey: event.Run{Namespace: "prod", Name: "checkout", ID: "cart-7"}, Stage: "payment", Visit: 1,
		Customer: event.Customer{Hash: "0a1b"}, Channel: event.Web,
	}
}

func signed(t fataler, k *propagate.Keys, life time.Duration) string {
	text, ok := k.Sign(aPosition(), life)
	if !ok {
		t.Fatalf("it is not signed")
	}
	return text
}

// reason is why err refuses a position.
func reason(err error) string {
	if e, ok := errors.AsType[*propagate.SignatureError](err); ok {
		return e.Fault.String()
	}
	return fmt.Sprint(err)
}

func TestNewPositionKeys(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		life time.Duration
		keys [][]byte
		says string
	}{
		{"none", 0, nil, "at least one"},
		{"nil", 0, [][]byte{nil}, "key 1 of 1 for positions has 0 bytes, at least 16"},
		{"too short", 0, [][]byte{keyA, []byte("fifteen bytes..")}, "key 2 of 2 for positions has 15 bytes"},
		{"16 bytes", 0, [][]byte{[]byte("sixteen bytes...")}, ""},
		{"the same twice", 0, [][]byte{keyA, keyA}, ""},
		{"a second", time.Second, [][]byte{keyA}, ""},
		{"less than a second", time.Second - 1, [][]byte{keyA}, "from 1s"},
		{"negative", -time.Second, [][]byte{keyA}, "from 1s"},
		{"366 days", propagate.MaxLife, [][]byte{keyA}, ""},
		{"more", propagate.MaxLife + 1, [][]byte{keyA}, "8784h"},
	} {
		k, err := propagate.NewKeys(nil, c.life, c.keys...)
		if (err == nil) != (c.says == "") || err != nil && (k != nil || !strings.Contains(err.Error(), c.says)) {
			t.Errorf("%s: the error is %v, want one that says %q", c.name, err, c.says)
		}
		if err != nil && strings.Contains(err.Error(), "fifteen") {
			t.Errorf("%s: the key is in the error: %v", c.name, err)
		}
	}
}

// TestSignedForm is the form byte for byte, by another computation: services of different versions
// read each other's signatures.
func TestSignedForm(t *testing.T) {
	t.Parallel()
	sum := func(text string) []byte {
		h := hmac.New(sha256.New, keyA)
		h.Write([]byte(text))
		return h.Sum(nil)
	}
	id := base64.RawURLEncoding.EncodeToString(sum("cairn position key\n")[:6])
	const header = "1/prod/checkout/cart-7///payment/1/0a1b//web/"
	fields := "1." + strconv.FormatInt(noon.UnixMilli(), 36) + "." + strconv.FormatInt(noon.Add(5*time.Minute).UnixMilli(), 36) + "." + id
	mac := base64.RawURLEncoding.EncodeToString(sum("cairn position signature\n" + fields + "\n" + header + "\n"))
	want := header + ";sig=" + fields + "." + mac
	if got := signed(t, keysAt(noon, 0, keyA), 0); got != want {
		t.Errorf("it is %q, want %q", got, want)
	}
}

// TestVerify says of each position whether it is believed, and why not.
func TestVerify(t *testing.T) {
	t.Parallel()
	good := signed(t, keysAt(noon, 0, keyA), 0)
	header, sig, _ := strings.Cut(good, ";sig=")
	field := func(i int, v string) string {
		f := strings.Split(sig, ".")
		f[i] = v
		return header + ";sig=" + strings.Join(f, ".")
	}
	ms := func(d time.Duration) string { return strconv.FormatInt(noon.Add(d).UnixMilli(), 36) }
	for _, c := range []struct {
		name, reason, text string
		after              time.Duration
		life               time.Duration // of the receiver
		keys               [][]byte
		want               string // "" is believed
	}{
		{"good", "as it was signed", good, 0, 0, [][]byte{keyA}, ""},
		{"in rotation", "all keys verify", good, 0, 0, [][]byte{keyB, keyA}, ""},
		{"a key given twice", "it is the same", good, 0, 0, [][]byte{keyA, keyA}, ""},
		{"at its end, and the skew", "the clocks may differ by so much", good, 5*time.Minute + 30*time.Second, 0, [][]byte{keyA}, ""},
		{"a millisecond later", "it has expired", good, 5*time.Minute + 30*time.Second + time.Millisecond, 0, [][]byte{keyA}, "expired_position"},
		{"a year later", "it has expired", good, 365 * 24 * time.Hour, 0, [][]byte{keyA}, "expired_position"},
		{"our clock is behind by the skew", "the clocks may differ by so much", good, -30 * time.Second, 0, [][]byte{keyA}, ""},
		{"behind by a millisecond more", "it is from the future", good, -30*time.Second - time.Millisecond, 0, [][]byte{keyA}, "early_position"},
		{"the receiver believes a minute", "the shorter counts", good, time.Minute + 31*time.Second, time.Minute, [][]byte{keyA}, "expired_position"},
		{"the receiver believes an hour", "the shorter counts", good, 6 * time.Minute, time.Hour, [][]byte{keyA}, "expired_position"},
		{"another key", "it is not known here", good, 0, 0, [][]byte{keyB}, "unknown_position_key"},
		{"no keys", "a mistake in the configuration", good, 0, 0, nil, "no_position_keys"},
		{"no keys, unsigned", "the same mistake", header, 0, 0, nil, "no_position_keys"},
		{"unsigned", "nobody answers for it", header, 0, 0, [][]byte{keyA}, "unsigned_position"},
		{"nothing", "nothing can be read", "", 0, 0, [][]byte{keyA}, "bad_header"},
		{"only a signature", "of nothing", ";sig=" + sig, 0, 0, [][]byte{keyA}, "bad_header"},
		{"another ID", "the signature is another position's", strings.Replace(good, "cart-7", "cart-8", 1), 0, 0, [][]byte{keyA}, "forged_position"},
		{"another actor", "everything that is believed is signed", strings.Replace(good, "/web/;", "/web/synthetic;", 1), 0, 0, [][]byte{keyA}, "forged_position"},
		{"another version of the form", "the version is signed", "2" + good[1:], 0, 0, [][]byte{keyA}, "forged_position"},
		{"another expiry", "it is signed", field(2, ms(time.Hour)), 0, 0, [][]byte{keyA}, "forged_position"},
		{"signed later", "it is signed", field(1, ms(time.Minute)), 0, 0, [][]byte{keyA}, "forged_position"},
		{"another key's ID", "it is signed", field(3, "AAAAAAAA"), 0, 0, [][]byte{keyA}, "unknown_position_key"},
		{"another HMAC", "that is what it is for", field(4, strings.Repeat("A", 43)), 0, 0, [][]byte{keyA}, "forged_position"},
		{"a shorter HMAC", "32 bytes", field(4, strings.Repeat("A", 42)), 0, 0, [][]byte{keyA}, "bad_header"},
		{"an HMAC with bits that count for nothing", "one form only", field(4, strings.Repeat("A", 42)+"B"), 0, 0, [][]byte{keyA}, "bad_header"},
		{"a line end in the HMAC", "one form only; base64 skips line ends", good[:len(good)-3] + "\r" + good[len(good)-3:], 0, 0, [][]byte{keyA}, "bad_header"},
		{"an empty HMAC", "32 bytes", field(4, ""), 0, 0, [][]byte{keyA}, "bad_header"},
		{"version 2 of the signature", "not known here", field(0, "2"), 0, 0, [][]byte{keyA}, "bad_header"},
		{"a field too many", "five of them", good + ".x", 0, 0, [][]byte{keyA}, "bad_header"},
		{"an empty signature", "it is no signature", header + ";sig=", 0, 0, [][]byte{keyA}, "bad_header"},
		{"a negative time", "none is", field(1, "-1"), 0, 0, [][]byte{keyA}, "bad_header"},
		{"a time beyond all", "none is", field(2, "zzzzzzzzzzzz"), 0, 0, [][]byte{keyA}, "bad_header"},
		{"a time that overflows", "none is", field(2, "3w5e11264sgsf"), 0, 0, [][]byte{keyA}, "bad_header"},
		{"an end before its beginning", "none has", field(2, "0"), 0, 0, [][]byte{keyA}, "bad_header"},
		{"a huge signature", "bounded before it is looked at", header + ";sig=" + strings.Repeat("x", 1<<16), 0, 0, [][]byte{keyA}, "bad_header"},
		{"a huge position", "bounded before it is looked at", "1/" + strings.Repeat("x", 1<<16) + ";sig=" + sig, 0, 0, [][]byte{keyA}, "bad_header"},
		{"another property", "not a signature", header + ";ttl=1", 0, 0, [][]byte{keyA}, "bad_header"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var k *propagate.Keys
			if c.keys != nil {
				k = keysAt(noon.Add(c.after), 0, c.keys...)
			}
			p, err := k.Verify(c.text, c.life)
			if c.want == "" {
				if err != nil || p.Journey.ID != "cart-7" || p.Channel != event.Web {
					t.Errorf("it is %+v, %v; want it believed: %s", p, err, c.reason)
				}
				return
			}
			if got := reason(err); got != c.want || p != nil {
				t.Errorf("it is refused as %s (%v), %+v; want %s: %s", got, err, p, c.want, c.reason)
			}
			if err != nil && (strings.Contains(err.Error(), "cart") || len(err.Error()) > 200) {
				t.Errorf("the error repeats what was sent: %v", err)
			}
		})
	}
}

// TestSignedAndMalformed: a position that was signed is read as strictly as any other.
func TestSignedAndMalformed(t *testing.T) {
	t.Parallel()
	h := hmac.New(sha256.New, keyA)
	h.Write([]byte("cairn position key\n"))
	fields := "1." + strconv.FormatInt(noon.UnixMilli(), 36) + "." + strconv.FormatInt(noon.UnixMilli()+1, 36) + "." + base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:6])
	h.Reset()
	h.Write([]byte("cairn position signature\n" + fields + "\n2//a/b////////\n"))
	_, err := keysAt(noon, 0, keyA).Verify("2//a/b////////;sig="+fields+"."+base64.RawURLEncoding.EncodeToString(h.Sum(nil)), 0)
	if reason(err) != "bad_header" || !errors.Is(err, propagate.ErrHeader) {
		t.Errorf("it is refused as %v", err)
	}
}

// TestMessageLife: what a message carries for 30 days is no request's position for as long.
func TestMessageLife(t *testing.T) {
	t.Parallel()
	message := signed(t, keysAt(noon, 0, keyA), propagate.MessageLife)
	for _, c := range []struct {
		name  string
		after time.Duration
		life  time.Duration
		want  string
	}{
		{"a message after 29 days", 29 * 24 * time.Hour, propagate.MessageLife, "<nil>"},
		{"a message after 31 days", 31 * 24 * time.Hour, propagate.MessageLife, "expired_position"},
		{"a request at once", time.Second, 0, "<nil>"},
		{"a request after 6 minutes", 6 * time.Minute, 0, "expired_position"},
	} {
		_, err := keysAt(noon.Add(c.after), 0, keyA).Verify(message, c.life)
		if got := reason(err); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
	if _, err := keysAt(noon.Add(400*24*time.Hour), 0, keyA).Verify(signed(t, keysAt(noon, 0, keyA), 1<<62), 1<<62); reason(err) != "expired_position" {
		t.Errorf("after 400 days: %v, and 366 are the most", err)
	}
}

// TestRotation: at each step of changing a key, services that are a step apart believe each other.
func TestRotation(t *testing.T) {
	t.Parallel()
	steps := [][][]byte{{keyA}, {keyA, keyB}, {keyB, keyA}, {keyB}}
	for i, from := range steps {
		for j := max(i-1, 0); j <= min(i+1, len(steps)-1); j++ {
			if _, err := keysAt(noon, 0, steps[j]...).Verify(signed(t, keysAt(noon, 0, from...), 0), 0); err != nil {
				t.Errorf("from step %d to step %d: %v", i, j, err)
			}
		}
	}
	if _, err := keysAt(noon, 0, keyB).Verify(signed(t, keysAt(noon, 0, keyA), 0), 0); reason(err) != "unknown_position_key" {
		t.Errorf("from the first step to the last: %v", err)
	}
}

// TestEveryByteIsSigned: no text but the one that was signed is believed.
func TestEveryByteIsSigned(t *testing.T) {
	t.Parallel()
	k := keysAt(noon, 0, keyA)
	rapid.Check(t, func(t *rapid.T) {
		p := positions().Draw(t, "position")
		text, ok := k.Sign(&p, 0)
		if !ok {
			return
		}
		checkSigned(t, text)
		if _, err := k.Verify(text, 0); err != nil {
			t.Fatalf("%v: %q", err, text)
		}
		b := []byte(text)
		i := rapid.IntRange(0, len(b)-1).Draw(t, "where")
		switch was := b[i]; rapid.IntRange(0, 2).Draw(t, "how") {
		case 0:
			b[i] = rapid.Byte().Filter(func(c byte) bool { return c != was }).Draw(t, "byte")
		case 1:
			b = append(b[:i], b[i+1:]...)
		case 2:
			b = append(b[:i], append([]byte{rapid.Byte().Draw(t, "byte")}, b[i:]...)...)
		}
		if string(b) == text {
			return
		}
		if p, err := k.Verify(string(b), 0); err == nil {
			t.Fatalf("%q was signed, %q is believed as %+v", text, b, p)
		}
	})
}

// checkSigned: the position is within its own bound, what is beside it is small, and there is no
// byte that a hop would encode but those between the parts.
func checkSigned(t fataler, text string) {
	header, sig, ok := strings.Cut(text, ";sig=")
	if !ok || len(header) > 512 || len(sig) > 96 {
		t.Fatalf("%d and %d bytes: %q", len(header), len(sig), text)
	}
	if _, err := propagate.ParseHeader(header); err != nil {
		t.Fatalf("%v: %q", err, header)
	}
	for _, c := range []byte(sig) {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-_.", c) >= 0) {
			t.Fatalf("it has a %q: %q", c, sig)
		}
	}
}

// TestOlderReceiver: the first release takes the member's value up to the first property, without
// decoding anything, and parses that.
func TestOlderReceiver(t *testing.T) {
	t.Parallel()
	header := propagate.AddToBaggage("a=1", signed(t, keysAt(noon, 0, keyA), 0))
	value, _, _ := strings.Cut(strings.TrimPrefix(header, "a=1,cairn="), ";")
	p, err := propagate.ParseHeader(value)
	if err != nil || p.Journey.ID != "cart-7" || propagate.FromBaggage(header) != value {
		t.Errorf("it reads %q as %+v, %v", value, p, err)
	}
}

// TestKeysAreNotPrinted whatever prints what has them.
func TestKeysAreNotPrinted(t *testing.T) {
	t.Parallel()
	k := keysAt(noon, 0, keyA)
	signed(t, k, 0) // its HMAC has been made
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x"} {
		for _, v := range []any{k, *k, struct{ K *propagate.Keys }{k}} {
			out := fmt.Sprintf(verb, v)
			if strings.Contains(out, string(keyA)) || strings.Contains(out, fmt.Sprintf("%x", keyA)) || strings.Contains(out, fmt.Sprint(keyA)) ||
				strings.Contains(out, strings.Trim(fmt.Sprintf("%#v", keyA), "[]byte{}")) {
				t.Errorf("%s of %T prints the key: %s", verb, v, out)
			}
		}
	}
}

// TestKeysAreCopied: what becomes of the caller's slice is not the keys' affair.
func TestKeysAreCopied(t *testing.T) {
	t.Parallel()
	mine := append([]byte(nil), keyA...)
	k := keysAt(noon, 0, mine)
	clear(mine)
	if _, err := keysAt(noon, 0, keyA).Verify(signed(t, k, 0), 0); err != nil {
		t.Error(err)
	}
}

// TestNothingToSign is false, and harmless.
func TestNothingToSign(t *testing.T) {
	t.Parallel()
	k := keysAt(noon, 0, keyA)
	long := &event.Position{Journey: event.Run{Name: strings.Repeat("/", 64), ID: strings.Repeat("/", 128)}}
	for name, sign := range map[string]func() (string, bool){
		"no position":    func() (string, bool) { return k.Sign(nil, 0) },
		"no journey":     func() (string, bool) { return k.Sign(&event.Position{}, 0) },
		"too long":       func() (string, bool) { return k.Sign(long, 0) },
		"no keys":        func() (string, bool) { return (*propagate.Keys)(nil).Sign(aPosition(), 0) },
		"before 1970":    func() (string, bool) { return keysAt(time.Unix(-1, 0), 0, keyA).Sign(aPosition(), 0) },
		"beyond reason":  func() (string, bool) { return keysAt(time.Unix(1<<50, 0), 0, keyA).Sign(aPosition(), 0) },
		"the zero clock": func() (string, bool) { return keysAt(time.Time{}, 0, keyA).Sign(aPosition(), 0) },
	} {
		if text, ok := sign(); ok || text != "" {
			t.Errorf("%s: it is %q", name, text)
		}
	}
}

// keyed is a recorder with keys.
type keyed struct {
	recorder

	keys *propagate.Keys
}

func (k *keyed) Keys() flight.Keys {
	if k.keys == nil {
		return nil
	}
	return k.keys
}

// TestSignPosition is what adapters call, on both sides.
func TestSignPosition(t *testing.T) {
	t.Parallel()
	sender, receiver := &keyed{keys: keysAt(noon, 0, keyA)}, &keyed{keys: keysAt(noon.Add(time.Hour), 0, keyA)}
	there := flight.NewContext(context.Background(), receiver)
	here := propagate.ContextWithPosition(flight.NewContext(context.Background(), sender), aPosition())
	text := propagate.Sign(here, propagate.MessageLife)
	p, err := propagate.Verify(there, text, propagate.MessageLife)
	if err != nil || p.Journey.ID != "cart-7" {
		t.Fatalf("it is %+v, %v", p, err)
	}
	if _, err := propagate.Verify(there, text, 0); reason(err) != "expired_position" {
		t.Errorf("as a request's an hour later: %v", err)
	}
	if _, err := propagate.Verify(there, strings.ReplaceAll(text, "cart-7", "cart-8"), 0); reason(err) != "forged_position" {
		t.Errorf("changed: %v", err)
	}
	if p, err := propagate.Read(there, text); err != nil || p.Journey.ID != "cart-7" {
		t.Errorf("read without a look at the signature: %+v, %v", p, err)
	}
	if _, err := propagate.Read(there, "1"); !errors.Is(err, propagate.ErrHeader) {
		t.Errorf("read what cannot be: %v", err)
	}
	if want := []fault.Fault{fault.Expired, fault.Forged, fault.BadHeader}; !cmp.Equal(receiver.faults, want) {
		t.Errorf("counted %v, want %v", receiver.faults, want)
	}
	if got := propagate.Sign(flight.NewContext(context.Background(), sender), 0); got != "" || len(sender.faults) != 0 {
		t.Errorf("without a position %q is sent, and %v counted", got, sender.faults)
	}
	plain := propagate.ContextWithPosition(flight.NewContext(context.Background(), &recorder{}), aPosition())
	if got := propagate.Sign(plain, 0); got != must2(propagate.Header(aPosition())) {
		t.Errorf("without keys it is %q", got)
	}
	if _, err := propagate.Verify(plain, text, 0); reason(err) != "no_position_keys" {
		t.Errorf("without keys: %v", err)
	}
}

func must2(s string, ok bool) string {
	if !ok {
		panic("it does not fit")
	}
	return s
}

// TestPropagatorWithKeys signs, and believes what is signed.
func TestPropagatorWithKeys(t *testing.T) {
	t.Parallel()
	unsigned := must2(propagate.Header(aPosition()))
	good := signed(t, keysAt(noon, 0, keyA), 0)
	for _, c := range []struct {
		name, reason string
		keys         *propagate.Keys
		propagator   propagate.Propagator
		text         string
		believed     bool
		faults       []fault.Fault
	}{
		{"signed", "by our key", keysAt(noon, 0, keyA), propagate.Propagator{}, good, true, nil},
		{"unsigned", "nobody answers for it", keysAt(noon, 0, keyA), propagate.Propagator{}, unsigned, false, []fault.Fault{fault.Unsigned}},
		{"unsigned, allowed", "while keys are given out", keysAt(noon, 0, keyA), propagate.Propagator{Unsigned: true}, unsigned, true, nil},
		{"signed, unsigned allowed", "by our key", keysAt(noon, 0, keyA), propagate.Propagator{Unsigned: true}, good, true, nil},
		{"signed by another, unsigned allowed", "a bad signature is worse than none", keysAt(noon, 0, keyB), propagate.Propagator{Unsigned: true}, good, false, []fault.Fault{fault.UnknownKey}},
		{"expired", "5 minutes", keysAt(noon.Add(6*time.Minute), 0, keyA), propagate.Propagator{}, good, false, []fault.Fault{fault.Expired}},
		{"without keys", "as it always was", nil, propagate.Propagator{}, good, true, nil},
		{"without keys, unsigned", "as it always was", nil, propagate.Propagator{}, unsigned, true, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			rec := &keyed{keys: c.keys}
			ctx := flight.NewContext(context.Background(), rec)
			carrier := propagation.MapCarrier{"baggage": "a=1,cairn=" + c.text}
			p := propagate.PositionFromContext(c.propagator.Extract(ctx, carrier))
			if (p != nil) != c.believed || !cmp.Equal(rec.faults, c.faults) {
				t.Errorf("it is %+v, counted %v; want believed %v, %v: %s", p, rec.faults, c.believed, c.faults, c.reason)
			}
		})
	}
	t.Run("a queue", func(t *testing.T) {
		t.Parallel()
		carrier := propagation.MapCarrier{}
		queue := propagate.Propagator{Life: propagate.MessageLife}
		queue.Inject(propagate.ContextWithPosition(flight.NewContext(context.Background(), &keyed{keys: keysAt(noon, 0, keyA)}), aPosition()), carrier)
		late := flight.NewContext(context.Background(), &keyed{keys: keysAt(noon.Add(29*24*time.Hour), 0, keyA)})
		if propagate.PositionFromContext(queue.Extract(late, carrier)) == nil {
			t.Errorf("after 29 days it is not believed: %v", carrier)
		}
	})
}

// FuzzVerify: what was not signed is never believed, and nothing panics.
func FuzzVerify(f *testing.F) {
	k := keysAt(noon, 0, keyA, keyB)
	good := signed(f, k, 0)
	f.Add(good)
	f.Add(strings.ReplaceAll(good, ";", ";sig=;"))
	f.Add("1//a/b////////;sig=1.0.0.AAAAAAAA." + strings.Repeat("A", 43))
	f.Add("1//a/b////////;sig=1.-1.zzzzzzzzzzzzzzz..")
	f.Add(good[:len(good)-3] + "\n" + good[len(good)-3:])
	f.Add(";sig=....")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := k.Verify(text, 0)
		if err == nil && text != good {
			t.Fatalf("%q is believed as %+v", text, p)
		}
		if err != nil {
			if _, ok := errors.AsType[*propagate.SignatureError](err); !ok || p != nil {
				t.Fatalf("%+v, %v", p, err)
			}
		}
	})
}
