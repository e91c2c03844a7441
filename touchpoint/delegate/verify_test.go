package delegate_test

import (
	"crypto/ed25519"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/touchpoint"
	"cairncx.dev/cairn/touchpoint/delegate"
)

// TestSignatures says what a signature proves, and why not.
func TestSignatures(t *testing.T) {
	t.Parallel()
	a, other := newAgent(t), newAgent(t)
	const verified, claimed, none = touchpoint.DelegateVerified, touchpoint.DelegateClaimed, touchpoint.DelegateNone
	with := func(from, to string) func(*http.Request, *signed) {
		return func(_ *http.Request, s *signed) { s.params = strings.Replace(s.params, from, to, 1) }
	}
	for _, c := range []struct {
		name, reason string
		opts         []delegate.Option
		change       func(*http.Request, *signed) // before it is signed
		after        func(*http.Request)          // after it is signed
		proof        touchpoint.DelegateProof
		refused      string // a part of it
	}{
		{"good", "it meets all terms", nil, nil, nil, verified, ""},
		{"without alg", "the key says which one", nil, with(`;alg="ed25519"`, ""), nil, verified, ""},
		{"without nonce", "the draft does not ask for one", nil, with(`;nonce="n1"`, ""), nil, verified, ""},
		{"without a nonce that is required", "it could be repeated", []delegate.Option{delegate.WithRequiredNonce()}, with(`;nonce="n1"`, ""), nil, none, "no nonce"},
		{"a parameter that is not known", "it is signed, and means nothing", nil, with(`;nonce="n1"`, `;future`), nil, verified, ""},
		{"created a minute ahead", "clocks differ", nil, with("created=1796040000", "created=1796040060"), nil, verified, ""},
		{"created later", "clocks do not differ as much", nil, with("created=1796040000", "created=1796040061"), nil, none, "future"},
		{"expired a minute ago", "clocks differ", nil, func(_ *http.Request, s *signed) {
			s.params = strings.Replace(s.params, "created=1796040000;expires=1796040300", "created=1796039000;expires=1796039941", 1)
		}, nil, verified, ""},
		{"expired", "it is over", nil, func(_ *http.Request, s *signed) {
			s.params = strings.Replace(s.params, "created=1796040000;expires=1796040300", "created=1796039000;expires=1796039940", 1)
		}, nil, none, "expired"},
		{"expires before created", "it is nonsense", nil, with("expires=1796040300", "expires=1796040000"), nil, none, "before it was created"},
		{"a day", "as the draft recommends", nil, with("expires=1796040300", "expires=1796126400"), nil, verified, ""},
		{"more than a day", "it is as good as a password", nil, with("expires=1796040300", "expires=1796126401"), nil, none, "lives longer"},
		{"a century", "it is as good as a password", nil, with("expires=1796040300", "expires=999999999999999"), nil, none, "before it was created"},
		{"no created", "the draft asks for it", nil, with("created=1796040000;", ""), nil, none, "no created"},
		{"no expires", "the draft asks for it", nil, with("expires=1796040300;", ""), nil, none, "no expires"},
		{"created as text", "it is a number", nil, with("created=1796040000", `created="1796040000"`), nil, none, "no created"},
		{"created with a fraction", "it is whole", nil, with("created=1796040000", "created=1796040000.5"), nil, none, "no created"},
		{"created before 1970", "it is nonsense", nil, with("created=1796040000", "created=-1"), nil, none, "before it was created"},
		{"no keyid", "no key is named", nil, with(`;keyid="`+a.keyid+`"`, ""), nil, none, "no keyid"},
		{"keyid as bytes", "it is a text", nil, with(`;keyid="`+a.keyid+`"`, ";keyid=:YQ==:"), nil, none, "no keyid"},
		{"a key that is not known", "the directory may have it", nil, with(a.keyid, other.keyid), nil, claimed, ""},
		{"another algorithm", "the key is of ed25519", nil, with(`alg="ed25519"`, `alg="rsa-pss-sha512"`), nil, none, "ed25519"},
		{"alg as a token", "it is a text", nil, with(`alg="ed25519"`, "alg=ed25519"), nil, none, "ed25519"},
		{"a nonce that is a number", "it is a text", nil, with(`nonce="n1"`, "nonce=1"), nil, none, "nonce"},
		{"an empty nonce", "it says nothing", nil, with(`nonce="n1"`, `nonce=""`), nil, none, "nonce"},
		{"a long nonce", "it has a bound", nil, with(`nonce="n1"`, `nonce="`+strings.Repeat("n", 257)+`"`), nil, none, "nonce"},
		{"another tag", "it is another protocol", nil, with(`tag="web-bot-auth"`, `tag="agent-identity"`), nil, none, ""},
		{"no tag", "it is another protocol", nil, with(`;tag="web-bot-auth"`, ""), nil, none, ""},
		{"two tags", "the last one holds", nil, with(`tag="web-bot-auth"`, `tag="web-bot-auth";tag="other"`), nil, none, ""},

		{"another host", "it was signed for shop.example", nil, nil, func(q *http.Request) { q.Host = "evil.example" }, none, "does not match"},
		{"the host in capitals", "names of hosts have no case", nil, nil, func(q *http.Request) { q.Host = "SHOP.example:443" }, verified, ""},
		{"another agent", "the name is signed", nil, nil, func(q *http.Request) { q.Header.Set("Signature-Agent", `sig1="https://bob.example/keys.json"`) }, claimed, ""},
		{"a host of the service", "it is signed for it", []delegate.Option{delegate.WithHosts("other.example", "Shop.Example")}, nil, nil, verified, ""},
		{"a host that is not the service's", "whoever got it there could repeat it here", []delegate.Option{delegate.WithHosts("other.example")}, nil, nil, none, "another host"},
		{"another path", "it does not cover the path", nil, nil, func(q *http.Request) { q.RequestURI = "/refund" }, verified, ""},
		{"a path that is covered", "it covers the path", nil, func(_ *http.Request, s *signed) {
			s.components, s.lines = s.components+` "@path"`, append(s.lines, `"@path": /pay`)
		}, func(q *http.Request) { q.RequestURI = "/refund?x=1" }, none, "does not match"},
		{"no host", "it may be meant for another one", nil, func(_ *http.Request, s *signed) {
			s.components, s.lines = `"@path" "signature-agent";key="sig1"`, []string{`"@path": /pay`, s.lines[1]}
		}, nil, none, "neither @authority"},
		{"the target for the host", "the draft allows it", nil, func(_ *http.Request, s *signed) {
			s.components, s.lines = `"@target-uri" "signature-agent";key="sig1"`, []string{`"@target-uri": https://shop.example/pay?x=1`, s.lines[1]}
		}, nil, verified, ""},
		{"an agent that is not covered", "anyone could have written it", nil, func(_ *http.Request, s *signed) {
			s.components, s.lines = `"@authority"`, s.lines[:1]
		}, nil, none, "does not cover its member"},
		{"the whole header", "its own member has to be covered", nil, func(_ *http.Request, s *signed) {
			s.components, s.lines = `"@authority" "signature-agent"`, []string{s.lines[0], `"signature-agent": sig1="https://agent.example"`}
		}, nil, none, "does not cover its member"},
		{"no agent", "a key that the application gave is enough", nil, func(q *http.Request, s *signed) {
			q.Header.Del("Signature-Agent")
			s.components, s.lines = `"@authority"`, s.lines[:1]
		}, nil, verified, ""},
		{"an agent of http", "a directory is served over https", nil, func(q *http.Request, s *signed) {
			q.Header.Set("Signature-Agent", `sig1="http://agent.example"`)
			s.lines[1] = `"signature-agent";key="sig1": "http://agent.example"`
		}, nil, none, "no https URL"},
		{"an agent with a parameter", "it is found in another way", nil, func(q *http.Request, s *signed) {
			q.Header.Set("Signature-Agent", `sig1="https://agent.example";type=cimd`)
			s.lines[1] = `"signature-agent";key="sig1": "https://agent.example";type=cimd`
		}, nil, none, ""},
		{"an agent that is not listed", "it is not in the vocabulary", nil, func(q *http.Request, s *signed) {
			q.Header.Set("Signature-Agent", `sig1="https://unknown.example"`)
			s.lines[1] = `"signature-agent";key="sig1": "https://unknown.example"`
		}, nil, none, ""},
		{"a key of one agent in the name of another", "a key is one of its agent", nil, func(q *http.Request, s *signed) {
			q.Header.Set("Signature-Agent", `sig1="https://bob.example/keys.json"`)
			s.lines[1] = `"signature-agent";key="sig1": "https://bob.example/keys.json"`
		}, nil, claimed, ""},
		{"another label of the agent", "a proxy may rename the signature", nil, func(q *http.Request, s *signed) { s.label = "renamed" }, nil, verified, ""},
		{"two agents, one of the label", "the label says which", nil, func(q *http.Request, s *signed) {
			q.Header.Set("Signature-Agent", `sig1="https://agent.example", sig2="https://bob.example/keys.json"`)
			s.components += ` "signature-agent";key="sig2"`
			s.lines = append(s.lines, `"signature-agent";key="sig2": "https://bob.example/keys.json"`)
		}, nil, verified, ""},
		{"two agents, none of the label", "it is ambiguous", nil, func(q *http.Request, s *signed) {
			q.Header.Set("Signature-Agent", `sig1="https://agent.example", sig2="https://bob.example/keys.json"`)
			s.components += ` "signature-agent";key="sig2"`
			s.lines = append(s.lines, `"signature-agent";key="sig2": "https://bob.example/keys.json"`)
			s.label = "sig3"
		}, nil, none, "does not cover its member"},

		{"a parameter of a long query", "decoding it costs time", nil, func(q *http.Request, s *signed) {
			q.RequestURI = "/pay?x=1&" + strings.Repeat("%61&", 1<<14)
			s.components, s.lines = s.components+` "@query-param";name="x"`, append(s.lines, `"@query-param";name="x": 1`)
		}, nil, none, "not supported"},
		{"a long path", "hashing it costs time", nil, func(q *http.Request, s *signed) {
			q.RequestURI = "/" + strings.Repeat("p", 1<<16)
			s.components, s.lines = s.components+` "@path"`, append(s.lines, `"@path": `+q.RequestURI)
		}, nil, none, "64 KiB"},
		{"a component twice", "RFC 9421 forbids it", nil, func(_ *http.Request, s *signed) {
			s.components, s.lines = s.components+` "@authority"`, append(s.lines, s.lines[0])
		}, nil, none, "twice"},
		{"a field that is not there", "there is nothing to sign", nil, func(_ *http.Request, s *signed) {
			s.components, s.lines = s.components+` "x-missing"`, append(s.lines, `"x-missing": `)
		}, nil, none, "does not have"},
		{"a status", "a request has none", nil, func(_ *http.Request, s *signed) {
			s.components, s.lines = s.components+` "@status"`, append(s.lines, `"@status": 200`)
		}, nil, none, "does not have"},
		{"of a request of a response", "this is no response", nil, func(_ *http.Request, s *signed) {
			s.components, s.lines = s.components+` "@method";req`, append(s.lines, `"@method";req: GET`)
		}, nil, none, "not supported"},
		{"a trailer", "trailers come later", nil, func(_ *http.Request, s *signed) {
			s.components, s.lines = s.components+` "x-a";tr`, append(s.lines, `"x-a";tr: 1`)
		}, nil, none, "not supported"},
		{"a parameter twice in the query", "it is ambiguous", nil, func(q *http.Request, s *signed) {
			q.RequestURI = "/pay?a=1&a=1"
			s.components, s.lines = s.components+` "@query-param";name="a"`, append(s.lines, `"@query-param";name="a": 1`)
		}, nil, none, "does not have"},
		{"a name in capitals", "names are in small letters", nil, func(_ *http.Request, s *signed) {
			s.components, s.lines = s.components+` "X-A"`, append(s.lines, `"X-A": 1`)
		}, nil, none, "small letters"},
		{"a name that is a token", "names are texts", nil, func(_ *http.Request, s *signed) { s.components += " host" }, nil, none, "small letters"},
		{"33 components", "it has a bound", nil, func(_ *http.Request, s *signed) {
			for i := range 31 {
				s.components += fmt.Sprintf(` "x-%d"`, i)
			}
		}, nil, none, "more than 32"},

		{"another signature", "it was changed", nil, nil, func(q *http.Request) {
			q.Header.Set("Signature", "sig1=:"+strings.Repeat("A", 86)+"==:")
		}, none, "does not match"},
		{"a short signature", "it has 64 bytes", nil, nil, func(q *http.Request) { q.Header.Set("Signature", "sig1=:AAAA:") }, none, "64 bytes"},
		{"a signature as text", "it is bytes", nil, nil, func(q *http.Request) { q.Header.Set("Signature", `sig1="AAAA"`) }, none, "64 bytes"},
		{"no signature", "there is nothing to verify", nil, nil, func(q *http.Request) { q.Header.Del("Signature") }, none, "64 bytes"},
		{"a signature of another label", "it is another one's", nil, nil, func(q *http.Request) {
			q.Header.Set("Signature", strings.Replace(q.Header.Get("Signature"), "sig1", "sig2", 1))
		}, none, "64 bytes"},
		{"no input", "nothing says what is signed", nil, nil, func(q *http.Request) { q.Header.Del("Signature-Input") }, none, ""},
		{"an input that is none", "it cannot be read", nil, nil, func(q *http.Request) { q.Header.Set("Signature-Input", "sig1=(((") }, none, "Signature-Input"},
		{"a Signature that is none", "it cannot be read", nil, nil, func(q *http.Request) { q.Header.Set("Signature", "sig1=:::") }, none, "its Signature is"},
		{"an agent that is none", "it cannot be read", nil, nil, func(q *http.Request) { q.Header.Set("Signature-Agent", `"unclosed`) }, none, "Signature-Agent"},
		{"a long input", "it has a bound", nil, nil, func(q *http.Request) { q.Header.Add("Signature-Input", "x="+strings.Repeat("1", 8<<10)) }, none, "8 KiB"},
		{"a long agent", "it has a bound", nil, nil, func(q *http.Request) { q.Header.Add("Signature-Agent", "x=\""+strings.Repeat("1", 8<<10)+`"`) }, none, "8 KiB"},
		{"an input that is an item", "it is no list of components", nil, nil, func(q *http.Request) { q.Header.Set("Signature-Input", `sig1="a";tag="web-bot-auth"`) }, none, ""},
		{"a label twice", "the last one holds, here the same one", nil, nil, func(q *http.Request) {
			q.Header.Add("Signature-Input", q.Header.Get("Signature-Input"))
		}, verified, ""},
		{"a label twice, the last one forged", "the last one holds", nil, nil, func(q *http.Request) {
			q.Header.Add("Signature", "sig1=:"+strings.Repeat("A", 86)+"==:")
		}, none, "does not match"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			q := a.request(c.change)
			if c.after != nil {
				c.after(q)
			}
			got := recogniser(t, a, c.opts...).Of(q)
			if got.Proof != c.proof || !strings.Contains(got.Refused, c.refused) || (c.refused == "") != (got.Refused == "") {
				t.Errorf("%s: it says %+v, want %v and %q", c.reason, got, c.proof, c.refused)
			}
			if (got.Name == "") != (got.Proof == none) {
				t.Errorf("the name is %q with the proof %q", got.Name, got.Proof)
			}
		})
	}
}

// TestManySignatures: one good signature is enough, whichever bad ones are beside it, and four are looked at.
func TestManySignatures(t *testing.T) {
	t.Parallel()
	a, other := newAgent(t), newAgent(t)
	for _, c := range []struct {
		name, reason  string
		before, after int // bad signatures with the tag
		verified      bool
	}{
		{"alone", "it is good", 0, 0, true},
		{"after a bad one", "each is verified by itself", 1, 0, true},
		{"before a bad one", "each is verified by itself", 0, 1, true},
		{"the fourth", "four are looked at", 3, 3, true},
		{"the fifth", "work for a stranger is bounded", 4, 0, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			q := a.request(func(q *http.Request, s *signed) {
				bad := func(n int, at string) {
					for i := range n {
						forged := *s
						forged.label = fmt.Sprint(at, i)
						other.sign(q, forged)
					}
				}
				bad(c.before, "a")
				a.sign(q, signed{label: "other", components: `"@authority"`, params: `;tag="other"`, lines: s.lines[:1]})
			})
			for i := range c.after {
				other.sign(q, signed{label: fmt.Sprint("z", i), components: `"@authority"`, params: a.params(""), lines: []string{`"@authority": shop.example`}})
			}
			got := recogniser(t, a).Of(q)
			if (got.Proof == touchpoint.DelegateVerified) != c.verified || !c.verified && got.Refused == "" {
				t.Errorf("%s: it says %+v", c.reason, got)
			}
		})
	}
}

// TestReplay: a nonce is good once, until its signature has expired, and the memory is bounded.
func TestReplay(t *testing.T) {
	t.Parallel()
	a := newAgent(t)
	r := recogniser(t, a)
	if got := r.Of(a.request(nil)); got.Proof != touchpoint.DelegateVerified {
		t.Fatalf("the first one says %+v", got)
	}
	if got := r.Of(a.request(nil)); got.Proof != touchpoint.DelegateNone || !strings.Contains(got.Refused, "nonce was used") {
		t.Errorf("the second one says %+v", got)
	}
	q := a.request(nil)
	q.Header.Set("User-Agent", "Mozilla/5.0 (compatible; Ann-User/1.0)")
	if got := r.Of(q); got.Proof != touchpoint.DelegateClaimed || got.Name != "Ann" || got.Refused == "" {
		t.Errorf("the third one, with a claim, says %+v", got)
	}
	// A forged signature does not use a nonce up.
	forged := a.request(func(_ *http.Request, s *signed) { s.params = strings.Replace(s.params, "n1", "n2", 1) })
	signature := forged.Header.Get("Signature")
	forged.Header.Set("Signature", "sig1=:"+strings.Repeat("A", 86)+"==:")
	if got := r.Of(forged); got.Refused == "" {
		t.Errorf("the forged one says %+v", got)
	}
	forged.Header.Set("Signature", signature)
	if got := r.Of(forged); got.Proof != touchpoint.DelegateVerified {
		t.Errorf("the real one after it says %+v", got)
	}

	use, until := delegate.Nonces(2), noon.Add(time.Minute)
	for _, c := range []struct {
		nonce string
		at    time.Duration
		want  string
	}{
		{"a", 0, ""},
		{"a", 0, "used before"},
		{"b", 0, ""},
		{"c", time.Second, "no room"},
		{"a", 60 * time.Second, "used before"},
		{"c", 61 * time.Second, ""},
		{"a", 61 * time.Second, ""},
	} {
		if got := use("key", c.nonce, noon.Add(c.at), until); !strings.Contains(got, c.want) || (c.want == "") != (got == "") {
			t.Errorf("%s after %v: %q, want %q", c.nonce, c.at, got, c.want)
		}
	}
	if use = delegate.Nonces(2); use("one", "a", noon, until) != "" || use("two", "a", noon, until) != "" {
		t.Error("a nonce of another key is another nonce")
	}
}

// TestClaims says who claims to be an assistant by the User-Agent. The texts are those that the makers publish.
func TestClaims(t *testing.T) {
	t.Parallel()
	r, err := delegate.New()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ agent, want string }{
		{"Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; ChatGPT-User/1.0; +https://openai.com/bot)", "ChatGPT-User"},
		{"Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; Claude-User/1.0; +Claude-User@anthropic.com)", "Claude-User"},
		{"Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; Perplexity-User/1.0; +https://perplexity.ai/perplexity-user)", "Perplexity-User"},
		{"Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; MistralAI-User/1.0; +https://docs.mistral.ai/robots)", "MistralAI-User"},
		{"meta-externalfetcher/1.1 (+https://developers.facebook.com/docs/sharing/webmasters/crawler)", "Meta-Fetcher"},
		{"chatgpt-user/2.0", "ChatGPT-User"},
		{"Mozilla/5.0 (compatible; GPTBot/1.1; +https://openai.com/gptbot)", ""}, // a crawler
		{"Mozilla/5.0 (compatible; ClaudeBot/1.0; +claudebot@anthropic.com)", ""},
		{"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36", ""},
		{"NotChatGPT-User/1.0", ""},
		{"ChatGPT-Users/1.0", ""},
		{"", ""},
		{"/1.0", ""},
		{strings.Repeat("x", 600) + " ChatGPT-User/1.0", ""},
		{strings.Repeat("ChatGPT-User", 20), ""},
	} {
		q, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://shop.example/", nil)
		if err != nil {
			t.Fatal(err)
		}
		q.Header.Set("User-Agent", c.agent)
		want := touchpoint.Delegate{}
		if c.want != "" {
			want = touchpoint.Delegate{Name: c.want, Proof: touchpoint.DelegateClaimed}
		}
		if got := r.Of(q); got != want {
			t.Errorf("%q says %+v, want %+v", c.agent, got, want)
		}
	}
	if got := (*delegate.Recogniser)(nil).Of(nil); got != (touchpoint.Delegate{}) {
		t.Errorf("a nil Recogniser says %+v", got)
	}
	if got := new(delegate.Recogniser).Of(newAgent(t).request(nil)); got != (touchpoint.Delegate{}) {
		t.Errorf("the zero value says %+v", got)
	}
	if err := (*delegate.Recogniser)(nil).Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestOptions: New names every fault.
func TestOptions(t *testing.T) {
	t.Parallel()
	a := newAgent(t)
	_, err := delegate.New(
		delegate.WithAssistants(
			delegate.Assistant{Name: ""},
			delegate.Assistant{Name: "Ann", Products: []string{"a b", "a/1"}, SignatureAgent: "http://agent.example"},
			delegate.Assistant{Name: "Ann", SignatureAgent: "https://agent.example/"},
			delegate.Assistant{Name: "Bob", SignatureAgent: "https://AGENT.example:443", Keys: []ed25519.PublicKey{{1, 2}, testKey(t)}},
		),
		delegate.WithFetching("Cid"), delegate.WithClockSkew(-1), delegate.WithMaxLifetime(time.Millisecond), delegate.WithNonces(0), delegate.WithScheme("ftp"), nil,
		delegate.WithClock(nil), delegate.WithErrorHandler(nil),
	)
	for _, want := range []string{
		`the name ""`, `"a b" is no product`, `"a/1" is no product`, `"http://agent.example" is no https URL`, `two assistants have the name "Ann"`,
		`"Ann" and "Bob" have the same SignatureAgent`, "a key has 2 bytes", "published test key", `no assistant "Cid"`, "WithClockSkew(-1ns)",
		"WithMaxLifetime(1ms)", "WithNonces(0)", `WithScheme("ftp")`,
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want it to say %s", err, want)
		}
	}
	if r := recogniser(t, a); r == nil {
		t.Error("no Recogniser")
	}
}

// TestIdentifiers: the same identifier in every spelling, after RFC 3986, section 6.2.2.
func TestIdentifiers(t *testing.T) {
	t.Parallel()
	const wellKnown = "https://agent.example/.well-known/http-message-signatures-directory"
	for _, c := range []struct{ url, want string }{
		{"https://agent.example", wellKnown},
		{"https://agent.example/", wellKnown},
		{"HTTPS://Agent.Example:443/", wellKnown},
		{wellKnown, wellKnown},
		{wellKnown + "?x=1#y", wellKnown},
		{"https://agent.example/./a/../.well-known/http-message-signatures-directory", wellKnown},
		{"https://agent.example:8443/keys.json", "https://agent.example:8443/keys.json"},
		{"https://agent.example/%6beys.json", "https://agent.example/keys.json"},
		{"http://agent.example", ""},
		{"https://", ""},
		{"https:agent", ""},
		{"https://user@agent.example", ""},
		{"agent.example", ""},
		{"", ""},
		{"https://:443", ""},
		{"https://agent.example/" + strings.Repeat("x", 600), ""},
		{"https://agent.example/\n", ""},
	} {
		if got, ok := delegate.Identifier(c.url); got != c.want || ok != (c.want != "") {
			t.Errorf("%q is %q (%v), want %q", c.url, got, ok, c.want)
		}
	}
}
