import java.io.File;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Date;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.logging.Level;
import java.util.logging.Logger;
import javax.xml.parsers.DocumentBuilderFactory;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.PDFAValidator;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;
import org.verapdf.pdfa.results.ValidationResult;
import org.verapdf.pdfa.validation.profiles.ErrorArgument;
import org.verapdf.pdfa.validation.profiles.ErrorArgumentImpl;
import org.verapdf.pdfa.validation.profiles.Profiles;
import org.verapdf.pdfa.validation.profiles.Rule;
import org.verapdf.pdfa.validation.profiles.RuleId;
import org.verapdf.pdfa.validation.profiles.ValidationProfile;
import org.verapdf.pdfa.validation.profiles.Variable;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/**
 * Checks many PDF files against veraPDF's rules for PDF/UA-1, in one process.
 *
 * Prints a line for each file: its name, the number of checks, and the failures, separated by tabs; a failure is its
 * rule, how often it occurs, and what was wrong the first time. A file that cannot be read has -1 checks.
 * veraPDF's own profile is read with the parser of the JDK, because the library comes without JAXB.
 */
final class VeraPdf {
    private static final String PROFILE = "org/verapdf/pdfa/validation/PDFUA-1.xml";

    public static void main(String[] files) throws Exception {
        Logger.getLogger("").setLevel(Level.OFF);
        VeraGreenfieldFoundryProvider.initialise();
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        System.setOut(System.err);
        ValidationProfile profile = readProfile();
        for (String file : files) {
            out.println(file + "\t" + check(new File(file), profile));
        }
        System.exit(0);
    }

    private static String check(File file, ValidationProfile profile) {
        try (PDFAParser parser = Foundries.defaultInstance().createParser(file, PDFAFlavour.PDFUA_1);
                PDFAValidator validator =
                        Foundries.defaultInstance().createValidator(profile, 1000, false, true, false)) {
            ValidationResult result = validator.validate(parser);
            TreeMap<String, String> first = new TreeMap<>();
            TreeMap<String, Integer> times = new TreeMap<>();
            for (TestAssertion assertion : result.getTestAssertions()) {
                if (assertion.getStatus() == TestAssertion.Status.FAILED) {
                    RuleId rule = assertion.getRuleId();
                    String name = rule.getClause() + "-" + rule.getTestNumber();
                    first.putIfAbsent(name, assertion.getErrorMessage() + " at " + assertion.getLocation().getContext());
                    times.put(name, result.getFailedChecks().getOrDefault(rule, 1));
                }
            }
            StringBuilder line = new StringBuilder().append(result.getTotalAssertions());
            for (String name : first.keySet()) {
                line.append("\t").append(name).append(" × ").append(times.get(name)).append(": ");
                line.append(first.get(name).replaceAll("\\s+", " "));
            }
            if (!result.isCompliant() && first.isEmpty()) {
                line.append("\tnot compliant, but without a failed rule");
            }
            return line.toString();
        } catch (Throwable error) {
            return "-1\t" + error.toString().replaceAll("\\s+", " ");
        }
    }

    private static ValidationProfile readProfile() throws Exception {
        try (InputStream stream = VeraPdf.class.getClassLoader().getResourceAsStream(PROFILE)) {
            Element root = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(stream).getDocumentElement();
            Set<Rule> rules = new HashSet<>();
            for (Element element : elements(root, "rule")) {
                rules.add(rule(element));
            }
            Set<Variable> variables = new HashSet<>();
            for (Element element : elements(root, "variable")) {
                variables.add(
                        Profiles.variableFromValues(
                                element.getAttribute("name"),
                                element.getAttribute("object"),
                                text(element, "defaultValue"),
                                text(element, "value")));
            }
            return Profiles.profileFromValues(
                    PDFAFlavour.PDFUA_1,
                    Profiles.profileDetailsFromValues("PDF/UA-1", "", "", new Date(0)),
                    "",
                    rules,
                    variables);
        }
    }

    private static Rule rule(Element element) {
        Element id = elements(element, "id").get(0);
        Element error = elements(element, "error").get(0);
        List<ErrorArgument> values = new ArrayList<>();
        for (Element argument : elements(error, "argument")) {
            values.add(ErrorArgumentImpl.fromValues(argument.getTextContent(), argument.getAttribute("name"), null));
        }
        return Profiles.ruleFromValues(
                Profiles.ruleIdFromValues(
                        PDFAFlavour.Specification.valueOf(id.getAttribute("specification")),
                        id.getAttribute("clause"),
                        Integer.parseInt(id.getAttribute("testNumber"))),
                element.getAttribute("object"),
                element.hasAttribute("deferred") ? Boolean.valueOf(element.getAttribute("deferred")) : null,
                element.getAttribute("tags"),
                text(element, "description"),
                text(element, "test"),
                Profiles.errorFromValues(text(error, "message"), values),
                new ArrayList<>());
    }

    private static List<Element> elements(Element parent, String name) {
        NodeList found = parent.getElementsByTagName(name);
        List<Element> list = new ArrayList<>();
        for (int index = 0; index < found.getLength(); index++) {
            list.add((Element) found.item(index));
        }
        return list;
    }

    private static String text(Element parent, String name) {
        List<Element> found = elements(parent, name);
        return found.isEmpty() ? "" : found.get(0).getTextContent();
    }
}
