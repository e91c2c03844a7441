package flight

import (
	"context"
	"time"

	"cairncx.dev/cairn/cx/event"
)

// Registry reads customers' records, and changes many of them at once. The recorder of a client is one; [RegistryFrom] finds it.
//
// The methods may wait for a store, until their ctx is done at most. They never panic, and are safe for concurrent use.
type Registry interface {
	// Ready returns the time of the next entry, and whether the records of the store were written with the client's customer key.
	Ready(ctx context.Context) (now time.Time, key KeyState, err error)
	// AdoptKey makes the client's customer key the one with which the records of the store are said to be written.
	AdoptKey(ctx context.Context) error
	// Enter makes the suppressions, and sets the Outcome of each. With dry it changes nothing, and says what it would have done.
	// After an error from the store any of them may have been made; to make them again changes nothing.
	Enter(ctx context.Context, list []Listed, dry bool) error
	// Look returns the record of the subject as it is now. It returns false for a subject without a record.
	Look(ctx context.Context, subject event.Customer) (r CustomerRecord, ok bool, err error)
	// Employee returns the pseudonym of an employee. It fails without a key.
	Employee(id string) (string, error)
}

// RegistryFrom returns the registry of the recorder in ctx, or nil.
func RegistryFrom(ctx context.Context) Registry {
	r, _ := RecorderFrom(ctx).(Registry)
	return r
}

// KeyState says what a store knows of the client's customer key.
type KeyState uint8

// The states of a key.
const (
	KeyNew   KeyState = iota // no record in the namespace was written with any key
	KeySame                  // the records were written with this key
	KeyOther                 // the records were written with another key
)

// Listed is a suppression of a list. The subject is the application's own ID of a customer or an addressee.
type Listed struct {
	Subject string
	Amendment
	Outcome Outcome
}

// Outcome says what became of a suppression of a list.
type Outcome uint8

// The outcomes.
const (
	Added       Outcome = iota + 1 // it is in force from now on
	Renewed                        // it was in force, and has a later time now
	Known                          // it was in force, of the same or a later time
	StaysLifted                    // it was lifted, at a later time than its own
	Full                           // the record has no room for it
)

// CustomerRecord is what the record of a customer has.
type CustomerRecord struct {
	Pseudonym      string
	Permits        []RecordedPermit
	Suppressions   []RecordedSuppression
	Contacts       []RecordedContact
	Holds          []RecordedHold
	Efforts        []RecordedEffort
	Steps          []RecordedStep
	Representative string // a pseudonym
	Represented    time.Time
}

// RecordedPermit is consent that was given or withdrawn.
type RecordedPermit struct {
	Purpose string
	Channel event.Channel
	Given   bool
	At      time.Time
	Source  string
}

// RecordedSuppression is a suppression, in force or lifted.
type RecordedSuppression struct {
	Reason   string
	Purpose  string
	Channel  event.Channel
	At       time.Time
	Source   string
	Lifted   bool
	LiftedAt time.Time
	LiftedBy string
}

// RecordedContact is a contact or a grant that some cap counts.
type RecordedContact struct {
	Grant   event.ID
	Purpose string
	Channel event.Channel
	At      time.Time // of the use; of the ask before it is used
	Used    bool
	Until   time.Time // until when it counts
	Topic   string    // what it is about, or ""
}

// RecordedHold is an open matter.
type RecordedHold struct {
	Name string
	Ref  string // a pseudonym
	At   time.Time
}

// RecordedEffort is an effort that is not told yet.
type RecordedEffort struct {
	Intent   string
	Began    time.Time // the first contact
	Ended    time.Time // the last one
	Contacts int
	Answered int
	Switches int
	Until    time.Time // when it is told, if no further contact comes
}

// RecordedStep is a step of self-service that failed.
type RecordedStep struct {
	Intent     string
	Touchpoint string
	At         time.Time
}
