package webhook

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"cairncx.dev/cairn/cx/event"
)

// The bounds of a secret in bytes, from the Standard Webhooks specification, "Signature scheme".
const (
	minSecret = 24
	maxSecret = 64
)

// signer reads a secret. The error repeats nothing of the secret, and its text ends a sentence.
func signer(secret string) (*standardwebhooks.Webhook, error) {
	encoded, ok := strings.CutPrefix(secret, "whsec_")
	if !ok {
		return nil, errors.New(`does not begin with "whsec_": make one with "whsec_" and what "openssl rand -base64 32" prints`)
	}
	key, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return nil, errors.New(`is not base64 after "whsec_": make one with what "openssl rand -base64 32" prints`)
	}
	if len(key) < minSecret || len(key) > maxSecret {
		return nil, fmt.Errorf("has %d bytes: it has to have %d to %d", len(key), minSecret, maxSecret)
	}
	s, err := standardwebhooks.NewWebhookRaw(key)
	if err != nil {
		return nil, errors.New("cannot be used")
	}
	return s, nil
}

// sign sets the headers of the Standard Webhooks scheme: the message's ID, the time of this try, and a signature for each
// secret.
func (e *Exporter) sign(h http.Header, id string, at time.Time, body []byte) error {
	h.Set(standardwebhooks.HeaderWebhookID, id)
	h.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(at.Unix(), 10))
	if len(e.signers) == 0 {
		return nil
	}
	signatures := make([]string, len(e.signers))
	for i, s := range e.signers {
		var err error
		if signatures[i], err = s.Sign(id, at, body); err != nil {
			return fmt.Errorf("signing: %w", err)
		}
	}
	h.Set(standardwebhooks.HeaderWebhookSignature, strings.Join(signatures, " "))
	return nil
}

// digestID returns a UUID of version 8 that is made from a digest of at least 16 bytes.
func digestID(sum []byte) event.ID {
	var id event.ID
	copy(id[:], sum)
	id[6] = id[6]&0x0f | 0x80
	id[8] = id[8]&0x3f | 0x80
	return id
}
