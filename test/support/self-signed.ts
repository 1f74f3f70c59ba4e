/**
 * A certificate for 127.0.0.1 that nobody vouches for, and its key. For servers that a client must not trust; made with
 * `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 36500 -subj /CN=127.0.0.1`.
 */
export const selfSigned = {
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgI/KM0ASD1WGVzdIi
WrSNW4kPf5Wh4rlRO7qfw9ZetFyhRANCAASTH+Ie+MOCuoFszmMagKdJTUA22Z3b
b0ccpmByCcjMM8UqPoKFhhBZw/6wF7fJQSR1ghXfH5/NlvhM5UKl8dYx
-----END PRIVATE KEY-----`,
  cert: `-----BEGIN CERTIFICATE-----
MIIBkDCCATagAwIBAgIUB7aZiL13Vpzy76GG9+dXqBLltv0wCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJMTI3LjAuMC4xMCAXDTI2MTEyMzExMjMxOFoYDzIxMjYxMDMw
MTEyMzE4WjAUMRIwEAYDVQQDDAkxMjcuMC4wLjEwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAASTH+Ie+MOCuoFszmMagKdJTUA22Z3bb0ccpmByCcjMM8UqPoKFhhBZ
w/6wF7fJQSR1ghXfH5/NlvhM5UKl8dYxo2QwYjAdBgNVHQ4EFgQU9BswrkhkM+7Z
IumZRsfFSFZKUqkwHwYDVR0jBBgwFoAU9BswrkhkM+7ZIumZRsfFSFZKUqkwDwYD
VR0TAQH/BAUwAwEB/zAPBgNVHREECDAGhwR/AAABMAoGCCqGSM49BAMCA0gAMEUC
IQDzFCXaTGB8vEyoBeuyiHS/EaiBZo3t8/sfLsJaa33kwgIgVzMdbmc73ClGpQaV
fnnwZT3XYV4VsvsWcIIo5hpTxng=
-----END CERTIFICATE-----`,
};
