// Package crowd is a crowd of customers for the shop: what each of them does is decided by
// their index, so that the numbers which they leave behind are known in advance ([Expect]) and
// can be compared with what was recorded ([Counts.Add], [Counts.Diff]). [Driver] makes them
// shop, over HTTP, one browser with its cookies each.
package crowd

import (
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/examples/shop/experience"
	"cairncx.dev/cairn/examples/shop/payments"
)

// Customer is what one customer does. Who has no Cards, or none that works, leaves.
type Customer struct {
	Index int
	// Mobile is a customer who shops on a phone.
	Mobile bool
	// Leaves is the stage in which the customer goes away without a word; "" is a customer who
	// gets through.
	Leaves string
	// Cards are tried one after the other until one is charged.
	Cards []string
	// CSAT is the answer on the confirmation page, 1 to 5, with a comment perhaps; 0 is none.
	CSAT    int
	Comment string
	// Call is a call to support on the next day.
	Call Call
	// NPS is the answer on the next day to whether they would recommend the shop, 0 to 10, by
	// mail or on the phone.
	NPS    int
	NPSVia event.Channel // 0 is no answer
}

// Call is whether a customer calls support, and what comes of it.
type Call uint8

// The calls.
const (
	NoCall     Call = iota
	Resolved        // settled in one call
	Unresolved      // not
)

// period is after how many customers the crowd repeats itself.
const period = 20

// At returns the customer with the index, counted from 0. Of every 20, 14 get through: 9 as
// promised, 2 with a slow bank, 2 after their card was declined, 1 after the payments service
// broke. 6 leave: 1 at the basket, 2 at the address, 3 at the payment.
func At(index int) Customer {
	c := Customer{Cards: []string{payments.CardGood}}
	switch index % period {
	case 4:
		c.Call = Resolved // where is my parcel?
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

// says adds what the customer answers.
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

// paid returns the touchpoint's outcome of paying with a card.
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
