package delegate

import (
	"crypto/ed25519"
	"net/http"
	"net/url"
	"strings"
)

// Assistant is an AI assistant that acts for customers.
type Assistant struct {
	// Name is the assistant in events, from a vocabulary of the application: see touchpoint.Delegate.
	Name string
	// Products are the products of a User-Agent by which the assistant is claimed, such as "ChatGPT-User", without a version. Case makes no
	// difference. They may be empty.
	Products []string
	// SignatureAgent is the URL by which the assistant names itself in the header Signature-Agent, with the scheme https: that of its key
	// directory, or an origin without a path, whose directory is at /.well-known/http-message-signatures-directory. It may be empty.
	SignatureAgent string
	// Keys are keys of the assistant that the application knows. With [WithFetching] they hold beside those of the directory.
	Keys []ed25519.PublicKey
}

// Known returns the assistants of the default, whose makers say that they fetch what a user has asked for. The caller owns the list, and may
// give it to [WithAssistants] with additions and without what it does not want. No crawler is among them, because a crawler acts for no customer.
//
//	ChatGPT-User     help.openai.com, "ChatGPT agent allowlisting" (signed), and developers.openai.com/api/docs/bots
//	Claude-User      support.anthropic.com/en/articles/8896518
//	Perplexity-User  docs.perplexity.ai/guides/bots
//	MistralAI-User   docs.mistral.ai/robots
//	Meta-Fetcher     developers.facebook.com/docs/sharing/webmasters/web-crawlers (meta-externalfetcher)
//	Google-Agent     developers.google.com/crawling/docs/crawlers-fetchers/google-user-triggered-fetchers
//
// The sources were read in November 2026.
func Known() []Assistant {
	return []Assistant{
		{Name: "ChatGPT-User", Products: []string{"ChatGPT-User"}, SignatureAgent: "https://chatgpt.com"},
		{Name: "Claude-User", Products: []string{"Claude-User"}},
		{Name: "Perplexity-User", Products: []string{"Perplexity-User"}},
		{Name: "MistralAI-User", Products: []string{"MistralAI-User"}},
		{Name: "Meta-Fetcher", Products: []string{"meta-externalfetcher"}},
		{Name: "Google-Agent", Products: []string{"Google-Agent"}},
	}
}

// maxAgent is how much of a User-Agent is read, in bytes.
const maxAgent = 512

// claimed returns the name of the assistant that the User-Agent claims to be, or "".
func (r *Recogniser) claimed(q *http.Request) string {
	agent := q.UserAgent()
	if len(agent) > maxAgent {
		agent = agent[:maxAgent]
	}
	for product := range strings.FieldsFuncSeq(agent, divides) {
		name, _, _ := strings.Cut(product, "/")
		if len(name) > maxProduct {
			continue
		}
		if a := r.products[strings.ToLower(name)]; a != "" {
			return a
		}
	}
	return ""
}

const maxProduct = 64

// divides reports whether the character separates products.
func divides(c rune) bool {
	switch c {
	case ' ', '(', ')', ';', ',', '+', '\t':
		return true
	default:
		return false
	}
}

// wellKnown is where the directory of an origin is.
const wellKnown = "/.well-known/http-message-signatures-directory"

// identifier returns the identifier of a signer and whether the URL has one: normalised after RFC 3986, sections 6.2.2 and 6.2.3, without the
// query, as the draft says. An origin stands for its well-known directory.
func identifier(text string) (string, bool) {
	if len(text) > maxURL {
		return "", false
	}
	u, err := url.Parse(text)
	if err != nil || !strings.EqualFold(u.Scheme, "https") || u.Host == "" || u.User != nil || u.Opaque != "" || u.Hostname() == "" {
		return "", false
	}
	host := strings.ToLower(u.Host)
	if u.Port() == "443" || strings.HasSuffix(host, ":") {
		host = strings.TrimSuffix(strings.TrimSuffix(host, "443"), ":")
	}
	path := (&url.URL{Path: u.Path}).JoinPath().EscapedPath()
	if path == "" || path == "/" {
		path = wellKnown
	}
	return "https://" + host + path, true
}

const maxURL = 512
