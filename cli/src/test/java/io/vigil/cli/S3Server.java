package io.vigil.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * A server that speaks S3, signatures and multipart uploads included, with one bucket, in memory. A
 * process of its own from one jar, which the build puts beside the tests.
 */
final class S3Server implements AutoCloseable {
  private static final String BUCKET = "vigil";
  private static final String IDENTITY = "vigil";
  private static final String SECRET = "not-a-secret";
  private static final Pattern KEY = Pattern.compile("<Key>([^<]*)</Key>");
  private static final Path TARGET = Path.of("target/s3").toAbsolutePath();
  private static final Duration START = Duration.ofSeconds(60);

  private final HttpClient client = HttpClient.newHttpClient();
  private final Process process;
  private final int port;

  private S3Server(Process process, int port) {
    this.process = process;
    this.port = port;
  }

  /** Starts it on a folder, and returns when it takes requests. */
  static S3Server start(Path folder) throws IOException, InterruptedException {
    Files.createDirectories(folder);
    int port;
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    Path conf = folder.resolve("s3.properties");
    Files.writeString(
        conf,
        """
        s3proxy.endpoint=http://127.0.0.1:%d
        s3proxy.authorization=aws-v2-or-v4
        s3proxy.identity=%s
        s3proxy.credential=%s
        jclouds.provider=transient
        jclouds.identity=none
        jclouds.credential=none
        """
            .formatted(port, IDENTITY, SECRET));
    Path log = folder.resolve("s3.log");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-jar",
                jar().toString(),
                "--properties",
                conf.toString())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    S3Server server = new S3Server(process, port);
    long deadlineNs = System.nanoTime() + START.toNanos();
    while (!server.answers()) {
      if (!process.isAlive() || System.nanoTime() > deadlineNs) {
        server.close();
        throw new AssertionError("no S3 server: " + Files.readString(log));
      }
      Thread.sleep(100);
    }
    server.send("PUT", "/" + BUCKET, "");
    return server;
  }

  private static Path jar() throws IOException {
    try (Stream<Path> files = Files.list(TARGET)) {
      return files
          .filter(file -> file.getFileName().toString().startsWith("s3proxy-"))
          .findFirst()
          .orElseThrow(() -> new AssertionError("no S3 server in " + TARGET + ": run mvn verify"));
    }
  }

  private boolean answers() {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress("127.0.0.1", port), 1_000);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** Where Flink finds its S3 file system, as {@code FLINK_PLUGINS_DIR} says it. */
  static Path plugins() {
    return TARGET.resolve("plugins");
  }

  /** Writes the objects below a prefix as files of a folder. */
  void download(String prefix, Path folder) throws IOException, InterruptedException {
    String marker = "";
    while (true) {
      String query = "?max-keys=500&prefix=" + prefix + "/&marker=" + encode(marker);
      Matcher keys = KEY.matcher(new String(send("GET", "/" + BUCKET, query), UTF_8));
      String last = marker;
      while (keys.find()) {
        last = keys.group(1);
        if (!last.endsWith("/")) {
          Path file = folder.resolve(last);
          Files.createDirectories(file.getParent());
          Files.write(file, send("GET", "/" + BUCKET + "/" + encode(last).replace("%2F", "/"), ""));
        }
      }
      if (last.equals(marker)) {
        return;
      }
      marker = last;
    }
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, UTF_8);
  }

  /** A request with a signature of version 2, which needs no hash of a body. */
  private byte[] send(String method, String resource, String query)
      throws IOException, InterruptedException {
    String date = DateTimeFormatter.RFC_1123_DATE_TIME.format(ZonedDateTime.now(ZoneOffset.UTC));
    String signed = method + "\n\n\n" + date + "\n" + resource;
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + resource + query))
            .method(method, HttpRequest.BodyPublishers.noBody())
            .header("Date", date)
            .header("Authorization", "AWS " + IDENTITY + ":" + hmac(signed))
            .build();
    HttpResponse<byte[]> answer = client.send(request, HttpResponse.BodyHandlers.ofByteArray());
    if (answer.statusCode() != 200) {
      throw new AssertionError(
          method + " " + resource + query + ": " + new String(answer.body(), UTF_8));
    }
    return answer.body();
  }

  private static String hmac(String text) {
    try {
      Mac mac = Mac.getInstance("HmacSHA1");
      mac.init(new SecretKeySpec(SECRET.getBytes(UTF_8), "HmacSHA1"));
      return Base64.getEncoder().encodeToString(mac.doFinal(text.getBytes(UTF_8)));
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  /** Options of a cluster that keeps state and archive here, under these prefixes. */
  Map<String, String> options(String state, String archive) {
    Map<String, String> options = new TreeMap<>();
    options.put("vigil.state.dir", "s3://" + BUCKET + "/" + state);
    options.put("vigil.archive.dir", "s3://" + BUCKET + "/" + archive);
    options.put("s3.endpoint", "http://127.0.0.1:" + port);
    options.put("s3.endpoint.region", "us-east-1");
    options.put("s3.path.style.access", "true");
    options.put("s3.access-key", IDENTITY);
    options.put("s3.secret-key", SECRET);
    return options;
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
