"""The training backend: customers, drivers, zones, products and deliveries over HTTP."""
