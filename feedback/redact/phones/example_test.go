package phones_test

import (
	"fmt"

	"cairncx.dev/cairn/feedback/redact"
	"cairncx.dev/cairn/feedback/redact/phones"
)

func ExampleNew() {
	plans, err := phones.New("DE", "FR")
	if err != nil {
		fmt.Println(err)
		return
	}
	r, err := redact.New(redact.WithPhones(plans))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(r.Text("unter 030 23125 012 oder 01 99 00 12 34, Bestellung 0301234567"))
	_, err = phones.New("Germany")
	fmt.Println(err)
	// Output:
	// unter [phone] oder [phone], Bestellung 0301234567
	// phones: the numbering plans cannot be used: "Germany" is no region: give the two letters of ISO 3166-1, such as "DE"
}

func ExamplePlans_Phone() {
	plans, err := phones.New("GB")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(plans.Phone("02079460018"))
	fmt.Println(plans.Phone("01234"))
	// Output:
	// +442079460018 true
	//  false
}
