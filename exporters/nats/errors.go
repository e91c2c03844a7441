package nats

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"cairncx.dev/cairn/exporters/sink"
)

var (
	errSlow    = fmt.Errorf("the server has not answered within the time of WithTimeout: %w", context.DeadlineExceeded)
	errGarbled = errors.New("the answer is none of JetStream's: is there something else that listens to its subjects?")
	errAway    = fmt.Errorf("%w: the connection is tried again by itself", natsgo.ErrDisconnected)
)

const (
	// headerTooLarge is the server's JSStreamHeaderExceedsMaximumErr.
	headerTooLarge jetstream.ErrorCode = 10097
	// The server's codes for limits: JSAccountResourcesExceededErr, JSMaximumStreamsLimitErr, JSStorageResourcesExceededErr and
	// JSMemoryResourcesExceededErr.
	accountResources jetstream.ErrorCode = 10002
	maximumStreams   jetstream.ErrorCode = 10027
	storageResources jetstream.ErrorCode = 10047
	memoryResources  jetstream.ErrorCode = 10028
	// tooMany is the code of an API error that asks the client to slow down, without a duration.
	tooMany  = 429
	slowDown = time.Second
)

// classified marks an error as permanent or with a delay. The server will never take a message that is too large. All other
// errors are temporary, such as a full or missing stream, a leader election or a restarting server.
func classified(err error) error {
	var api *jetstream.APIError
	isAPI := errors.As(err, &api)
	switch {
	case errors.Is(err, natsgo.ErrMaxPayload),
		errors.Is(err, jetstream.ErrMaxBytesExceeded),
		isAPI && (api.ErrorCode == jetstream.JSErrCodeStreamMessageExceedsMaximum || api.ErrorCode == headerTooLarge):
		return sink.Permanent(short(err))
	case isAPI && api.Code == tooMany:
		return sink.RetryAfter(short(err), slowDown)
	default:
		return remedy(short(err))
	}
}

// noListener returns the error of a message for whose subject there is no stream, and names the missing stream.
func (e *Exporter) noListener(err error) error {
	if e.cfg.stream == nil {
		return fmt.Errorf("the stream is missing: none listens to its subject: make one, or use WithCreateStream: %w", err)
	}
	return fmt.Errorf("the stream %s is missing, or does not listen to its subject: correct its subjects, or remove it, and it is made again: %w", e.cfg.stream.Name, err)
}

// remedy adds the remedy to an answer of the server, if the remedy is known.
func remedy(err error) error {
	if errors.Is(err, jetstream.ErrJetStreamNotEnabled) {
		return fmt.Errorf("the server has no JetStream: enable it in the server's configuration: %w", err)
	}
	api, ok := errors.AsType[*jetstream.APIError](err)
	switch {
	case !ok:
		return err
	case api.ErrorCode == jetstream.JSErrCodeJetStreamNotEnabled, api.ErrorCode == jetstream.JSErrCodeJetStreamNotEnabledForAccount:
		return fmt.Errorf("the server, or this account, has no JetStream: enable it in the server's configuration: %w", err)
	case api.ErrorCode == maximumStreams, api.ErrorCode == accountResources, api.ErrorCode == storageResources, api.ErrorCode == memoryResources:
		return fmt.Errorf("a limit of this account or server is reached: raise it, or make room: %w", err)
	default:
		return err
	}
}

// unanswered returns the error of a request that the server did not answer before ctx was done.
func (l *link) unanswered(ctx context.Context) error {
	err := context.Cause(ctx)
	if errors.Is(l.conn.LastError(), natsgo.ErrPermissionViolation) {
		return fmt.Errorf("%w; the server has refused something to this user: grant it to publish to the subjects, and to $JS.API.STREAM.CREATE.> with WithCreateStream, and to subscribe to its inboxes, _INBOX.> by default", err)
	}
	return err //nolint:wrapcheck // the caller says what it waited for
}

// unprefixed is an error without nats.go's prefix. This package has the same prefix, and Export puts it before the whole error.
type unprefixed struct{ error }

// Error implements error.
func (u *unprefixed) Error() string { return strings.ReplaceAll(u.error.Error(), "nats: ", "") }

// Unwrap returns the error with the prefix.
func (u *unprefixed) Unwrap() error { return u.error }

// shortened is an error with a shortened text of the server.
type shortened struct{ error }

const longest = 300

func (s *shortened) Error() string { return fmt.Sprintf("%.*q (cut)", longest, s.error.Error()) }
func (s *shortened) Unwrap() error { return s.error }

func short(err error) error {
	if len(err.Error()) <= longest {
		return err
	}
	return &shortened{err}
}
