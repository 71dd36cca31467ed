import com.adobe.epubcheck.api.EPUBLocation;
import com.adobe.epubcheck.api.EpubCheck;
import com.adobe.epubcheck.messages.Message;
import com.adobe.epubcheck.messages.Severity;
import com.adobe.epubcheck.util.DefaultReportImpl;
import java.io.File;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Checks many EPUB files with epubcheck, in one process.
 *
 * Prints a line for each file: its name, and what epubcheck says of it, separated by tabs; each message begins with its
 * severity.
 */
final class EpubCheckMany {
    public static void main(String[] files) {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        System.setOut(System.err);
        for (String name : files) {
            out.println(name + String.join("", check(new File(name))));
        }
        System.exit(0);
    }

    private static List<String> check(File file) {
        List<String> messages = new ArrayList<>();
        try {
            new EpubCheck(
                            file,
                            new DefaultReportImpl(file.getName()) {
                                @Override
                                public void message(Message message, EPUBLocation location, Object... arguments) {
                                    if (message.getSeverity() != Severity.SUPPRESSED) {
                                        messages.add(line(message, location, arguments));
                                    }
                                }
                            })
                    .doValidate();
        } catch (RuntimeException error) {
            messages.add("\tFATAL " + error);
        }
        return messages;
    }

    private static String line(Message message, EPUBLocation location, Object[] arguments) {
        String text = message.getSeverity() + " " + message.getID() + " " + message.getMessage(arguments);
        return "\t" + (text + " at " + location).replaceAll("\\s+", " ");
    }
}
