{
  installCRDs: true,
  serviceAccount: {name: .service_accounts.external_secrets.name}
}
