// Package crowd simulates a crowd of customers for the shop. A customer's index decides what the customer does, so
// that the resulting counts are known in advance ([Expect]) and can be compared with the recorded events
// ([Counts.Add], [Counts.Diff]). [Driver] runs the customers over HTTP, each with a browser and cookies of its
// own.
package crowd

import (
	"fmt"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/examples/shop/experience"
	"cairncx.dev/cairn/examples/shop/payments"
)

// Customer is the behaviour of one customer. A customer without a card that works leaves.
type Customer struct {
	Index int
	// Mobile says that the customer shops on a phone.
	Mobile bool
	// Leaves is the stage in which the customer leaves without a word, or "" if the customer completes the
	// purchase.
	Leaves string
	// Cards are the cards that the customer tries, in this order, until the bank charges one.
	Cards []string
	// CSAT is the answer on the confirmation page, 1 to 5, or 0 for no answer. A comment may come with it.
	CSAT    int
	Comment string
	// Call is the customer's call to support on the next day.
	Call Call
	// NPS is the answer, 0 to 10, to the question of the next day: would the customer recommend the shop? It comes
	// by mail or on the phone.
	NPS    int
	NPSVia event.Channel // 0 means no answer
	// Widow says that the customer's mails go to the address of a husband who has died since.
	Widow bool
}

// Mail returns the customer's mail address, by which the shop knows whom it contacts.
func (c *Customer) Mail() string { return fmt.Sprintf("c%d@example.com", c.Index) }

// To returns the address that the customer's mails go to.
func (c *Customer) To() string {
	if c.Widow {
		return fmt.Sprintf("husband%d@example.com", c.Index)
	}
	return c.Mail()
}

// Known reports whether the shop has the customer's mail address.
func (c *Customer) Known() bool {
	return c.Leaves != experience.StageCart && c.Leaves != experience.StageAddress
}

// Call says whether a customer calls support, and with which result.
type Call uint8

// The values of Call.
const (
	NoCall     Call = iota
	Resolved        // support resolved it in one call
	Unresolved      // support did not resolve it
)

// period is the number of customers after which the behaviour repeats.
const period = 20

// At returns the customer with the index, counted from 0. Out of 20 customers, 14 complete the purchase: 9 as
// promised, 2 with a slow bank, 2 after the bank declined a card, 1 after the payments service failed. 6 leave: 1
// in the cart stage, 2 in the address stage, 3 in the payment stage. One of those who complete it is a widow, whose mails go to the
// address of her husband.
func At(index int) Customer {
	c := Customer{Cards: []string{payments.CardGood}}
	switch index % period {
	case 4:
		c.Call = Resolved // where is my parcel?
	case 8:
		c.Widow = true
	case 9, 10:
		c.Cards = []string{payments.CardSlow}
	case 11, 12:
		c.Cards = []string{payments.CardDeclined, payments.CardGood}
	case 13:
		c.Cards = []string{payments.CardBroken, payments.CardGood}
	case 14:
		c.Leaves, c.Cards, c.Call = experience.StagePayment, []string{payments.CardDeclined}, Resolved
	case 15:
		c.Leaves, c.Cards, c.Call = experience.StagePayment, []string{payments.CardBroken}, Unresolved
	case 16, 17:
		c.Leaves, c.Cards = experience.StageAddress, nil
	case 18:
		c.Leaves, c.Cards = experience.StagePayment, nil
	case 19:
		c.Leaves, c.Cards = experience.StageCart, nil
	}
	c.Index, c.Mobile = index, index%2 == 1
	c.says(index % period)
	return c
}

// says adds the customer's answers to the surveys.
func (c *Customer) says(at int) {
	csat := map[int]int{0: 5, 1: 4, 2: 5, 4: 4, 5: 5, 6: 4, 7: 5, 9: 3, 10: 4, 11: 3, 12: 2, 13: 1}
	comment := map[int]string{
		0:  "Quick and easy.",
		7:  "Nice mug. Write to me at robin@example.com when the blue one is back.",
		9:  "Paying took very long.",
		12: "My card did not work, I do not know why.",
		13: "Paying failed and nobody told me whether I was charged.",
	}
	nps := map[int]int{0: 10, 2: 9, 4: 8, 5: 10, 6: 7, 7: 9, 10: 6, 11: 8, 12: 3, 13: 2}
	c.CSAT, c.Comment = csat[at], comment[at]
	if score, ok := nps[at]; ok {
		c.NPS, c.NPSVia = score, event.Email
		if at >= 12 {
			c.NPSVia = event.Phone
		}
	}
}

// paid returns the outcome of the touchpoint submit-payment with a card.
func paid(card string) event.Outcome {
	switch card {
	case payments.CardGood:
		return event.OK
	case payments.CardSlow:
		return event.Degraded
	default:
		return event.Failed
	}
}
