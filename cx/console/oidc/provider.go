package oidc

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// Times of the provider.
const (
	// answerTime bounds each request to the provider.
	answerTime = 10 * time.Second
	// discoverTime bounds the reading of the discovery document, for which a reader waits.
	discoverTime = 5 * time.Second
	// leastWait and mostWait are between two attempts to read it that fail. The wait doubles.
	leastWait, mostWait = time.Second, 30 * time.Second
	// keptTime is how long the document is used before it is read again. The last one that could be read is used until then, and after that.
	keptTime = 24 * time.Hour
)

var (
	errProvider  = errors.New("oidc: the provider does not answer")
	errEndpoints = errors.New("oidc: the discovery document lacks an endpoint, or has one without https")
)

// provider reads what is known of the provider when it is needed first, so that a provider which is away holds up neither the start nor the host.
type provider struct {
	cfg *Config
	// turn lets one discovery run at a time.
	turn chan struct{}

	mu    sync.Mutex
	known *known
	// until is when known is read again, again when the next attempt may be made after one that failed, and wait the time after that.
	until, again time.Time
	wait         time.Duration
	// renewing means that a request reads the document anew.
	renewing bool
}

// known is what a discovery document says (OpenID Connect Discovery 1.0, section 3).
type known struct {
	provider *oidc.Provider
	verifier *oidc.IDTokenVerifier
	oauth    oauth2.Config
	document
}

// document has the fields that go-oidc does not read.
type document struct {
	EndSession string   `json:"end_session_endpoint"`
	Issuer     bool     `json:"authorization_response_iss_parameter_supported"`
	Methods    []string `json:"token_endpoint_auth_methods_supported"`
}

func newProvider(cfg *Config) *provider { return &provider{cfg: cfg, turn: make(chan struct{}, 1)} }

// get returns what is known, and reads it if that is needed. It returns errProvider if it cannot be read now.
func (p *provider) get(ctx context.Context) (*known, error) {
	if k, ok := p.have(); ok {
		return k, nil
	}
	select {
	case p.turn <- struct{}{}:
		defer func() { <-p.turn }()
	case <-ctx.Done():
		return nil, errProvider
	}
	if k, ok := p.have(); ok {
		return k, nil
	}
	p.mu.Lock()
	early := p.cfg.Clock().Before(p.again)
	p.renewing = !early
	p.mu.Unlock()
	if early {
		return nil, errProvider
	}
	k, err := p.discover(ctx)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.renewing = false
	if err != nil {
		p.wait = min(max(2*p.wait, leastWait), mostWait)
		p.again = p.cfg.Clock().Add(p.wait)
		p.cfg.Log.WarnContext(ctx, "oidc: the provider cannot be used; it is asked again at the next sign-in", "issuer", p.cfg.Issuer, "reason", reason(err))
		if p.known == nil {
			return nil, errProvider
		}
		p.until = p.again
		return p.known, nil
	}
	p.known, p.until, p.wait = k, p.cfg.Clock().Add(keptTime), 0
	return k, nil
}

// have returns what is known, unless it is to be read. While one request reads it anew, the others use what there is.
func (p *provider) have() (*known, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.known, p.known != nil && (p.renewing || p.cfg.Clock().Before(p.until))
}

// discover reads the discovery document. A reader who leaves does not end it for those who wait.
func (p *provider) discover(ctx context.Context) (*known, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), discoverTime)
	defer cancel()
	got, err := oidc.NewProvider(oidc.ClientContext(ctx, p.cfg.Client), p.cfg.Issuer)
	if err != nil {
		return nil, err //nolint:wrapcheck // reason reads it
	}
	k := &known{provider: got}
	if err := got.Claims(&k.document); err != nil {
		return nil, errEndpoints
	}
	endpoint := got.Endpoint()
	if secureEndpoint(endpoint.AuthURL) == "" || secureEndpoint(endpoint.TokenURL) == "" {
		return nil, errEndpoints
	}
	k.EndSession = secureEndpoint(k.EndSession)
	endpoint.AuthStyle = oauth2.AuthStyleInHeader // the default of the discovery document is client_secret_basic
	if p.cfg.ClientSecret == "" || len(k.Methods) > 0 && !slices.Contains(k.Methods, "client_secret_basic") {
		endpoint.AuthStyle = oauth2.AuthStyleInParams
	}
	k.oauth = oauth2.Config{
		ClientID: p.cfg.ClientID, ClientSecret: p.cfg.ClientSecret, Endpoint: endpoint, RedirectURL: p.cfg.RedirectURL, Scopes: p.cfg.Scopes,
	}
	k.verifier = got.Verifier(&oidc.Config{ClientID: p.cfg.ClientID, Now: func() time.Time { return p.cfg.Clock().Add(-skew) }})
	return k, nil
}

// secureEndpoint is the address of an endpoint, if a browser may be sent there; else "". It may have a query.
func secureEndpoint(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" || u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())) {
		return ""
	}
	return address
}

// client is the context of requests to the provider.
func (p *provider) client(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	return context.WithValue(ctx, oauth2.HTTPClient, p.cfg.Client), cancel
}
