#!/bin/sh
# Writes the one account into the password file, then becomes the broker.
set -eu
umask 077
mosquitto_passwd -b -c /run/lineside/passwords "$LINESIDE_MQTT_USERNAME" "$LINESIDE_MQTT_PASSWORD"
chown mosquitto /run/lineside /run/lineside/passwords
exec mosquitto -c /mosquitto/config/mosquitto.conf
