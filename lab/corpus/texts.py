"""What people and machines say, by half of the corpus: (espeak-ng language, text)."""

from __future__ import annotations

Lines = tuple[tuple[str, str], ...]

HELLOS: tuple[Lines, Lines] = (
    (("en-gb", "Hello?"), ("en-us", "Hi."), ("en-gb", "Yes?"), ("de", "Ja, hallo?"), ("fr", "Allô ?"),
     ("es", "¿Diga?"), ("it", "Pronto?"), ("nl", "Hallo?"), ("pl", "Słucham?"), ("en-us", "Hey.")),
    (("en-us", "Hello?"), ("en-gb", "Hello, hello?"), ("en-gb-scotland", "Aye?"), ("de", "Hallo?"),
     ("fr", "Oui, allô ?"), ("es", "¿Sí?"), ("it", "Sì, pronto?"), ("nl", "Ja, hallo?"), ("pl", "Halo?"),
     ("en-us", "Yeah?")),
)  # fmt: skip
NAMES: tuple[Lines, Lines] = (
    (("en-gb", "Sarah speaking."), ("en-us", "This is Tom."), ("de", "Müller."), ("fr", "Claire Martin."),
     ("nl", "Met Jansen."), ("es", "Soy Carmen."), ("en-gb", "Hello, David here."), ("en-us", "Jones residence.")),
    (("en-us", "Emily here."), ("en-gb", "Harris speaking."), ("de", "Schneider, guten Tag."), ("fr", "Oui, Paul ?"),
     ("nl", "Met Sanne de Boer."), ("it", "Sono Lucia."), ("en-us", "Mike."), ("en-gb", "Hello, it's Ruth.")),
)  # fmt: skip
BUSINESSES: tuple[Lines, Lines] = (
    (("en-gb", "Good morning, Harwell Plumbing, how may I help?"), ("en-us", "Lantern Books, this is David."),
     ("en-gb", "Doctor Patel's surgery, good afternoon."), ("de", "Autohaus Weber, guten Tag."),
     ("fr", "Boulangerie du Port, bonjour."), ("en-us", "Front desk, one moment please.")),
    (("en-us", "Good afternoon, Riverside Dental, this is Maria."), ("en-gb", "Kendal Taxis, where to?"),
     ("en-us", "Thanks for calling Pizza Corner, can I help you?"), ("es", "Taller García, buenos días."),
     ("nl", "Bloemenhuis Visser, goedemorgen."), ("en-gb", "Reception, hello.")),
)  # fmt: skip
PERSONAL: tuple[Lines, Lines] = (
    (("en-gb", "Hi, you have reached Tom and Sarah. We are not at home at the moment. Please leave your name, your "
      "number and a short message after the tone, and we will call you back as soon as we can."),
     ("en-us", "Hello, this is Priya. I am sorry I cannot take your call right now. Leave me a message and I will "
      "get back to you."),
     ("de", "Guten Tag, Sie sind verbunden mit dem Anschluss von Familie Weber. Wir sind zurzeit nicht erreichbar. "
      "Bitte hinterlassen Sie eine Nachricht nach dem Ton."),
     ("fr", "Bonjour, vous êtes bien chez Claire et Paul. Nous sommes absents. Laissez un message après le bip.")),
    (("en-us", "You have reached the Johnsons. Nobody can come to the phone. Please leave your name and number after "
      "the beep, and have a great day."),
     ("en-gb", "Hello there, it is Margaret. I am probably in the garden. Do leave me a message, and speak slowly, "
      "please."),
     ("es", "Hola, soy Carmen. En este momento no puedo atenderte. Deja tu mensaje después de la señal, gracias."),
     ("nl", "Hallo, dit is de voicemail van Sanne. Ik kan nu niet opnemen. Spreek een bericht in na de piep.")),
)  # fmt: skip
CARRIERS: tuple[Lines, Lines] = (
    (("en-gb", "The person you are calling is not available. Please leave your message after the tone. When you have "
      "finished, hang up, or press one for more options."),
     ("en-us", "Your call has been forwarded to an automatic voice message system. At the tone, please record your "
      "message."),
     ("it", "Il cliente da lei chiamato non è al momento raggiungibile. Lasci un messaggio dopo il segnale.")),
    (("en-us", "The mobile customer you have called is not available at this time. Please leave a message after the "
      "tone."),
     ("en-gb", "Welcome to voicemail. The person you called cannot take your call. Please speak after the beep."),
     ("de", "Der gewünschte Gesprächspartner ist zurzeit nicht erreichbar. Bitte sprechen Sie nach dem Signalton.")),
)  # fmt: skip
SHORT_MACHINES: tuple[Lines, Lines] = (
    (("en-gb", "Hi, it's Jack. Leave a message."), ("en-us", "This is Ellen, please leave a message."),
     ("de", "Hier ist Max, bitte nach dem Ton."), ("en-us", "You know what to do.")),
    (("en-us", "Hey, it's Dana. Leave me a message."), ("en-gb", "Not here. Please speak after the beep."),
     ("fr", "C'est Luc, laissez un message."), ("en-gb", "You've reached Priya's phone.")),
)  # fmt: skip
ANNOUNCEMENTS: tuple[Lines, Lines] = (
    (("en-us", "We're sorry, your call cannot be completed as dialed."),
     ("en-gb", "The number you have dialled has not been recognised.")),
    (("en-us", "The number you have reached is not in service."),
     ("en-gb", "Sorry, this number is no longer available.")),
)  # fmt: skip
VOICES: tuple[tuple[str, ...], tuple[str, ...]] = (
    ("", "+m1", "+m3", "+m5", "+m7", "+f1", "+f3", "+f5"),
    ("+m2", "+m4", "+m6", "+m8", "+f2", "+f4", "+croak", "+klatt2"),
)
