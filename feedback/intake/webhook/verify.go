package webhook

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// The bounds of a secret in bytes, from the Standard Webhooks specification, "Signature scheme".
const (
	minSecret = 24
	maxSecret = 64
)

// The bounds of the headers of a signature, in bytes.
const (
	maxMessageID  = 256
	maxSignatures = 4 << 10
)

// keys returns what verifies with each of the secrets. The errors repeat nothing of a secret.
func keys(secrets []string) (list []*standardwebhooks.Webhook, errs []error) {
	for i, s := range secrets {
		k, err := key(s)
		if err != nil {
			errs = append(errs, fmt.Errorf("WithSecrets: secret %d of %d %w", i+1, len(secrets), err))
			continue
		}
		list = append(list, k)
	}
	return list, errs
}

func key(secret string) (*standardwebhooks.Webhook, error) {
	encoded, ok := strings.CutPrefix(secret, "whsec_")
	if !ok {
		return nil, errors.New(`does not begin with "whsec_": make one with "whsec_" and what "openssl rand -base64 32" prints`)
	}
	raw, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return nil, errors.New(`is not base64 after "whsec_": make one with what "openssl rand -base64 32" prints`)
	}
	if len(raw) < minSecret || len(raw) > maxSecret {
		return nil, fmt.Errorf("has %d bytes: it has to have %d to %d", len(raw), minSecret, maxSecret)
	}
	k, err := standardwebhooks.NewWebhookRaw(raw)
	if err != nil {
		return nil, errors.New("cannot be used")
	}
	return k, nil
}

// early refuses a request by its headers, before the body is read.
func (h *Handler) early(header http.Header) *refusal {
	if h.cfg.verify != nil {
		return nil
	}
	id, at, signature := header.Get(standardwebhooks.HeaderWebhookID), header.Get(standardwebhooks.HeaderWebhookTimestamp),
		header.Get(standardwebhooks.HeaderWebhookSignature)
	switch {
	case id == "" || at == "" || signature == "":
		return refuse(codeForged, "the request is not signed: send the headers webhook-id, webhook-timestamp and webhook-signature of Standard Webhooks")
	case len(id) > maxMessageID || len(signature) > maxSignatures || strings.Contains(id, "."):
		// With a dot the signed text would have two readings.
		return refuse(codeForged, "webhook-id has at most %d bytes and no dot, and webhook-signature at most %d bytes", maxMessageID, maxSignatures)
	}
	seconds, err := strconv.ParseInt(at, 10, 64)
	if err != nil {
		return refuse(codeForged, "webhook-timestamp is not a number of seconds since 1970")
	}
	if off := h.now().Sub(time.Unix(seconds, 0)); off > h.cfg.tolerance || off < -h.cfg.tolerance {
		return refuse(codeExpired, "the time of the message is more than %v from now: sign each try anew, and set the clocks", h.cfg.tolerance)
	}
	return nil
}

// verify returns the ID of the message if the request is the sender's.
func (h *Handler) verify(header http.Header, body []byte) (id string, refused *refusal) {
	if h.cfg.verify != nil {
		id, err := h.cfg.verify(header, body)
		if err != nil {
			return "", refuse(codeForged, "the signature is not right: compare the secrets of both sides")
		}
		if id == "" {
			sum := sha256.Sum256(body)
			id = "sha256:" + hex.EncodeToString(sum[:])
		}
		return id, nil
	}
	ok := false
	for _, k := range h.keys { // all of them, so that the time does not tell which one is right
		ok = k.VerifyIgnoringTimestamp(body, header) == nil || ok
	}
	if !ok {
		return "", refuse(codeForged, "no signature is right: compare the secrets of both sides, and sign the body as it is sent before compression")
	}
	return header.Get(standardwebhooks.HeaderWebhookID), nil
}
