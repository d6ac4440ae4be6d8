package io.vigil.cli.local;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.common.utils.Time;

/**
 * Main class of a broker in tests that nobody reaches in clear: one listener asks for a name and a
 * password (SASL/SCRAM over TLS), the other for a certificate. Arguments: directory, their two
 * ports, the controller's, directory of the key stores, their password, and the only user's.
 */
public final class SecuredBroker {
  /** The only user. */
  public static final String USER = "vigil";

  private SecuredBroker() {}

  @SuppressWarnings("SystemOut") // The ready line is the process's contract with its parent.
  public static void main(String[] args) {
    try {
      Path directory = Path.of(args[0]);
      Path stores = Path.of(args[4]);
      String storePassword = args[5];
      Broker.format(
          directory, List.of("SCRAM-SHA-512=[name=%s,password=%s]".formatted(USER, args[6])));
      Map<String, String> options =
          Broker.options(directory, Integer.parseInt(args[1]), Integer.parseInt(args[3]));
      String both = "SASL://127.0.0.1:%s,MUTUAL://127.0.0.1:%s".formatted(args[1], args[2]);
      options.put("listeners", both + ",CONTROLLER://127.0.0.1:" + args[3]);
      options.put("advertised.listeners", both);
      options.put(
          "listener.security.protocol.map", "SASL:SASL_SSL,MUTUAL:SSL,CONTROLLER:PLAINTEXT");
      options.put("inter.broker.listener.name", "MUTUAL");
      options.put("sasl.enabled.mechanisms", "SCRAM-SHA-512");
      options.put(
          "listener.name.sasl.scram-sha-512.sasl.jaas.config",
          "org.apache.kafka.common.security.scram.ScramLoginModule required;");
      options.put("listener.name.mutual.ssl.client.auth", "required");
      options.put("ssl.keystore.location", stores.resolve("broker.p12").toString());
      options.put("ssl.keystore.type", "PKCS12");
      options.put("ssl.keystore.password", storePassword);
      options.put("ssl.key.password", storePassword);
      options.put("ssl.truststore.location", stores.resolve("trust.p12").toString());
      options.put("ssl.truststore.type", "PKCS12");
      options.put("ssl.truststore.password", storePassword);
      KafkaRaftServer server = new KafkaRaftServer(Broker.config(options), Time.SYSTEM);
      server.startup();
      System.out.println("READY");
      new CountDownLatch(1).await();
    } catch (Throwable e) {
      e.printStackTrace();
      Runtime.getRuntime().halt(1);
    }
  }
}
