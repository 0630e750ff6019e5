module slipway/tests/bench/load

go 1.21
