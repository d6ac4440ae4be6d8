package io.vigil.console;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import com.nimbusds.jwt.SignedJWT;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.vigil.console.cases.CaseEvents;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * An OpenID provider that is strict about what it is sent (client, redirect address, PKCE, codes
 * good once) and answers with whatever tokens a test wants, also with those that no honest one
 * gives.
 */
final class TestProvider implements AutoCloseable {

  static final String CLIENT = "vigil console";
  static final String SECRET = "oidc secret";

  private final HttpServer http;
  private final Map<String, Map<String, String>> codes = new ConcurrentHashMap<>();
  private final URI redirect;
  private volatile RSAKey key;
  private volatile Map<String, Object> person = Map.of();
  private volatile Consumer<JWTClaimsSet.Builder> spoil = claims -> {};
  private volatile Signing signing = this::sign;
  private volatile boolean denies;

  /** How a token becomes text. */
  @FunctionalInterface
  interface Signing {
    String text(JWTClaimsSet claims) throws JOSEException;
  }

  TestProvider(URI redirect) throws IOException, JOSEException {
    this.redirect = redirect;
    this.key = newKey("one");
    http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    http.createContext(
        "/.well-known/openid-configuration",
        exchange ->
            json(
                exchange,
                200,
                Map.of(
                    "issuer",
                    issuer(),
                    "authorization_endpoint",
                    issuer() + "/authorize",
                    "token_endpoint",
                    issuer() + "/token",
                    "jwks_uri",
                    issuer() + "/keys",
                    "response_types_supported",
                    List.of("code"),
                    "subject_types_supported",
                    List.of("public"),
                    "id_token_signing_alg_values_supported",
                    List.of("RS256", "HS256", "none"),
                    "authorization_response_iss_parameter_supported",
                    true)));
    http.createContext(
        "/keys", exchange -> json(exchange, 200, new JWKSet(key.toPublicJWK()).toJSONObject()));
    http.createContext("/authorize", this::authorize);
    http.createContext("/token", this::token);
    http.start();
  }

  String issuer() {
    return "http://127.0.0.1:" + http.getAddress().getPort();
  }

  /** Who signs in from now on, honestly. */
  void person(String subject, String name, String... roles) {
    person =
        Map.of("sub", subject, "preferred_username", name, "groups", List.of((Object[]) roles));
    spoil = claims -> {};
    signing = this::sign;
    denies = false;
  }

  /** What is wrong with the next tokens. */
  void spoil(Consumer<JWTClaimsSet.Builder> change) {
    spoil = change;
  }

  void sign(Signing how) {
    signing = how;
  }

  void deny() {
    denies = true;
  }

  void rotate() throws JOSEException {
    key = newKey("key " + UUID.randomUUID());
  }

  private static RSAKey newKey(String id) throws JOSEException {
    return new RSAKeyGenerator(2048).keyID(id).algorithm(JWSAlgorithm.RS256).generate();
  }

  private String sign(JWTClaimsSet claims) throws JOSEException {
    return sign(claims, key);
  }

  private static String sign(JWTClaimsSet claims, RSAKey key) throws JOSEException {
    SignedJWT token =
        new SignedJWT(
            new JWSHeader.Builder(JWSAlgorithm.RS256).keyID(key.getKeyID()).build(), claims);
    token.sign(new RSASSASigner(key));
    return token.serialize();
  }

  /** By a key of somebody else's under the name of the provider's. */
  String signForeign(JWTClaimsSet claims) throws JOSEException {
    return sign(claims, newKey(key.getKeyID()));
  }

  static String signNot(JWTClaimsSet claims) {
    return new PlainJWT(claims).serialize();
  }

  /** By what both sides know: the modulus of the public key, as a shared secret. */
  String signByPublicKey(JWTClaimsSet claims) throws JOSEException {
    SignedJWT token =
        new SignedJWT(
            new JWSHeader.Builder(JWSAlgorithm.HS256).keyID(key.getKeyID()).build(), claims);
    token.sign(new MACSigner(key.toRSAPublicKey().getEncoded()));
    return token.serialize();
  }

  private void authorize(HttpExchange exchange) throws IOException {
    Map<String, String> query = form(exchange.getRequestURI().getRawQuery());
    if (!CLIENT.equals(query.get("client_id"))
        || !redirect.toString().equals(query.get("redirect_uri"))
        || !"code".equals(query.get("response_type"))
        || !"S256".equals(query.get("code_challenge_method"))
        || !query.get("scope").contains("openid")) {
      json(exchange, 400, Map.of("error", "invalid_request"));
      return;
    }
    String code = UUID.randomUUID().toString();
    codes.put(code, query);
    String answer = denies ? "error=access_denied" : "code=" + code;
    exchange
        .getResponseHeaders()
        .set(
            "Location",
            "%s?%s&state=%s&iss=%s"
                .formatted(redirect, answer, encoded(query.get("state")), encoded(issuer())));
    exchange.sendResponseHeaders(302, -1);
    exchange.close();
  }

  private void token(HttpExchange exchange) throws IOException {
    Map<String, String> body =
        form(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
    String proof =
        Base64.getEncoder()
            .encodeToString(
                (encoded(CLIENT) + ":" + encoded(SECRET)).getBytes(StandardCharsets.UTF_8));
    if (!("Basic " + proof).equals(exchange.getRequestHeaders().getFirst("Authorization"))) {
      json(exchange, 401, Map.of("error", "invalid_client"));
      return;
    }
    Map<String, String> asked = codes.remove(body.getOrDefault("code", ""));
    if (asked == null
        || !"authorization_code".equals(body.get("grant_type"))
        || !redirect.toString().equals(body.get("redirect_uri"))
        || !asked.get("code_challenge").equals(challenge(body.get("code_verifier")))) {
      json(exchange, 400, Map.of("error", "invalid_grant"));
      return;
    }
    Instant now = Instant.now();
    JWTClaimsSet.Builder claims =
        new JWTClaimsSet.Builder()
            .issuer(issuer())
            .audience(CLIENT)
            .issueTime(Date.from(now))
            .expirationTime(Date.from(now.plusSeconds(300)))
            .claim("nonce", asked.get("nonce"));
    person.forEach(claims::claim);
    spoil.accept(claims);
    try {
      json(
          exchange,
          200,
          Map.of(
              "access_token",
              "unused",
              "token_type",
              "Bearer",
              "id_token",
              signing.text(claims.build())));
    } catch (JOSEException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String challenge(String verifier) {
    try {
      return Base64.getUrlEncoder()
          .withoutPadding()
          .encodeToString(
              MessageDigest.getInstance("SHA-256")
                  .digest(verifier.getBytes(StandardCharsets.US_ASCII)));
    } catch (java.security.NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Map<String, String> form(String text) {
    Map<String, String> form = new HashMap<>();
    for (String each : text.split("&")) {
      String[] pair = each.split("=", 2);
      form.put(pair[0], URLDecoder.decode(pair[1], StandardCharsets.UTF_8));
    }
    return form;
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  private static void json(HttpExchange exchange, int status, Object body) throws IOException {
    byte[] bytes = CaseEvents.JSON.writeValueAsBytes(body);
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  @Override
  public void close() {
    http.stop(0);
  }
}
