def kafka_security():
    """Options of the client from variables such as KAFKA_SECURITY_PROTOCOL: secrets are no arguments."""
    prefix = "KAFKA_"
    names = [name for name in os.environ if name.startswith((prefix + "SECURITY_", prefix + "SASL_", prefix + "SSL_"))]
    return {"kafka." + name[len(prefix) :].lower().replace("_", "."): os.environ[name] for name in names}
