// Package oracle asks independent implementations of what slipway implements itself; tests/differential compares the two.
package oracle
