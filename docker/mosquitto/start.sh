#!/bin/sh
# Writes the accounts into the password file, takes the broker's certificate, then becomes the broker.
# No password is ever part of a command: `printf` is the shell's own, and mosquitto_passwd hashes the file in place.
set -eu
umask 077
run=/run/lineside
for file in certificate.pem key.pem ca.pem; do
    if ! cp "/mosquitto/certificates/$file" "$run/$file"; then
        echo "No certificate for the broker. Make it as the head of docker-compose.yml says." >&2
        exit 1
    fi
done
{
    printf 'gateway:%s\n' "$LINESIDE_MQTT_PASSWORD_GATEWAY"
    printf 'edge-moulding:%s\n' "$LINESIDE_MQTT_PASSWORD_EDGE_MOULDING"
    printf 'edge-assembly:%s\n' "$LINESIDE_MQTT_PASSWORD_EDGE_ASSEMBLY"
    printf 'reader:%s\n' "$LINESIDE_MQTT_PASSWORD_READER"
} >"$run/passwords"
mosquitto_passwd -U "$run/passwords"
if [ "$(id -u)" = 0 ]; then chown -R mosquitto "$run"; fi
unset LINESIDE_MQTT_PASSWORD_GATEWAY LINESIDE_MQTT_PASSWORD_EDGE_MOULDING
unset LINESIDE_MQTT_PASSWORD_EDGE_ASSEMBLY LINESIDE_MQTT_PASSWORD_READER
exec mosquitto -c /mosquitto/config/mosquitto.conf
