package mail

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"strconv"
	"strings"

	"cairncx.dev/cairn/cx/insight/schedule"
)

// Sender sends reports to recipients. It is a [schedule.Deliverer], and is safe for concurrent use. It keeps no connection and no goroutine.
type Sender struct {
	host string
	port int
	from *mail.Address
	to   []*mail.Address
	cfg  config
}

// maxRecipients is as many as a schedule notes as delivered.
const maxRecipients = 1000

// New returns a Sender that sends to the recipients from this address through the server, which is a host and a port such as
// "smtp.example.com:587". There are 1 to 1,000 recipients; one that is named twice gets one mail. Addresses have ASCII characters only. New does
// no I/O. Its error names all that is wrong.
func New(server, from string, to []string, opts ...Option) (*Sender, error) {
	host, port, err := net.SplitHostPort(server)
	number, numErr := strconv.ParseUint(port, 10, 16)
	if err != nil || numErr != nil || host == "" || number == 0 {
		return nil, fmt.Errorf(`mail: the server %.200q: use a host and a port, such as "smtp.example.com:587"`, server)
	}
	s := &Sender{host: host, port: int(number)}
	var faults []error
	if s.cfg, err = configure(host, port, opts); err != nil {
		faults = append(faults, err)
	}
	if s.from, err = parse(from); err != nil {
		faults = append(faults, fmt.Errorf("the sender's address: %w", err))
	}
	if len(to) == 0 || len(to) > maxRecipients {
		faults = append(faults, fmt.Errorf("there are %d recipients: use 1 to %d", len(to), maxRecipients))
	}
	seen := map[string]bool{}
	for i, address := range to {
		a, err := parse(address)
		if err != nil {
			faults = append(faults, fmt.Errorf("recipient %d: %w", i+1, err))
			continue
		}
		if key := strings.ToLower(a.Address); !seen[key] {
			seen[key] = true
			s.to = append(s.to, a)
		}
	}
	if err := errors.Join(faults...); err != nil {
		return nil, fmt.Errorf("mail: %w", err)
	}
	return s, nil
}

// Deliver implements [schedule.Deliverer]. An error that is [schedule.ErrGivenUp] says that the server has refused every recipient for good. Every
// other error says that some recipients do not have the mail yet.
func (s *Sender) Deliver(ctx context.Context, d *schedule.Delivery) error {
	l, err := s.letter(d)
	if err != nil {
		return fmt.Errorf("mail: %w", err)
	}
	line := &line{s: s}
	defer line.hangUp()
	var open, dropped []error
	for i := range s.to {
		if err := ctx.Err(); err != nil {
			open = append(open, fmt.Errorf("%d of %d recipients were not tried: %w", len(s.to)-i, len(s.to), context.Cause(ctx)))
			break
		}
		err := d.Once(ctx, strings.ToLower(s.to[i].Address), func(ctx context.Context) error {
			err := line.send(ctx, l, i)
			if errors.Is(err, errRefused) { // a recipient that is dropped is done
				dropped = append(dropped, err)
				return nil
			}
			return err
		})
		if err == nil {
			continue
		}
		open = append(open, err)
		if errors.Is(err, errNoServer) {
			break // the others have the same server
		}
	}
	for _, err := range dropped {
		s.tell(err)
	}
	switch {
	case len(open) > 0:
		return fmt.Errorf("mail: %w", errors.Join(open...))
	case len(dropped) == len(s.to):
		return fmt.Errorf("mail: the server has refused all %d recipients: %w: %w", len(s.to), dropped[0], schedule.ErrGivenUp)
	}
	return nil
}

// tell gives the error to the handler, whose panic harms nothing.
func (s *Sender) tell(err error) {
	defer func() { _ = recover() }()
	s.cfg.tell(fmt.Errorf("cairn: mail: %w", err))
}
